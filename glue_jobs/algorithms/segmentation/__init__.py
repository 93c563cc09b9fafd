"""Customer segments: features, k-means, and how stable the segments are."""
