"""The stereo calibration in the window, from a sheet of paper to a rig file, page by page."""
