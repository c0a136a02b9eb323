"""Choosing where frames come from."""
