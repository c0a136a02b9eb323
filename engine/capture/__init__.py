"""Cameras, recorded or simulated: one protocol, one URI syntax."""
