"""Calibrations of other programs, read and written.

Every file here has `read(...)` and `write(...)` between text and a `StoredRig`; `files.py` picks
one by what a file is.
"""
