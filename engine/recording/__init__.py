"""Session files: everything that was captured and seen, losslessly, in MCAP (see `layout`)."""
