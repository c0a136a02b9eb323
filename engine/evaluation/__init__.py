"""Errors, meters and reports."""
