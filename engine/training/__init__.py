"""Synthetic data and the training loop."""
