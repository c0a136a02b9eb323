"""Threads and the values they hand over."""
