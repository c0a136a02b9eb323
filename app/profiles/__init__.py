"""Whose hands these are: choosing, resetting and deleting profiles."""
