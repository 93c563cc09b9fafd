"""Published results: rows of curated tables as items of the serving table."""
