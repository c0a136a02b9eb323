"""Streams in the window: on, off, and how many listen."""
