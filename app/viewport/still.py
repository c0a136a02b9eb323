"""One picture of a moment without a window: depth pane with overlay, rendered mesh beside it."""
