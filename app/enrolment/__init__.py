"""The guided minute of a new user, and what came of it."""
