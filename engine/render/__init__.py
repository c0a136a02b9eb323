"""Depth images of posed meshes, and what sensors do to them."""
