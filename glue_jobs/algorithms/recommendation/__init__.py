"""Recommendations: interactions, methods, frequently bought pairs, and how the published method is chosen."""
