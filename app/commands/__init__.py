"""One module a command; `app.cli` imports only the one that was asked for."""
