"""What opsbot can look at and change: capabilities, and the vendors behind them."""
