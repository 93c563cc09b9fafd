"""The anomaly model: which orders are unusual."""
