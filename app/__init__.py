"""Everything a person sees or types: the window and the command line."""
