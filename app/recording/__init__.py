"""Recording in the window: one key, a badge while it lasts, and what a crash left behind."""
