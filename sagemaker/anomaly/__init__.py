"""The anomaly models: which orders, sessions and customers are unusual."""
