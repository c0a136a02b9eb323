"""Cameras as geometry: transforms and camera models. Runs without torch and without a screen."""
