"""The tracking room: camera pane, figures, banners, and the presenter behind them."""
