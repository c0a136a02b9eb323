"""From a frame set to a scene: find, infer, fit, filter."""
