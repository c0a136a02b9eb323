"""Fakes at the borders of the program: cameras, camera SDKs, estimators."""
