"""Measuring: errors against truth, the log of a run, its report."""
