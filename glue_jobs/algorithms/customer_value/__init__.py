"""Customer value: purchase histories, BG/NBD and Gamma-Gamma models, and their backtest."""
