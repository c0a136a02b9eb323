"""Everything that runs without a screen: capture, hand model, networks, inference, training."""
