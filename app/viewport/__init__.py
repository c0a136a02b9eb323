"""The 3D view: what to draw, from where, and who draws it."""
