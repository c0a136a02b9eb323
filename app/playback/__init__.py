"""Playing a recorded session: a transport bar, what happened when, and the hands as recorded."""
