"""Threads, hand-over between them, and how fast they go. Knows nothing of cameras or hands."""
