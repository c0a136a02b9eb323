"""Exporting a recorded session from the window: what `export` does, in the background."""
