"""The learning room: what the adaptation does, its losses and what its gate decided."""
