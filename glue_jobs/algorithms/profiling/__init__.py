"""Table profiles in SQL that Spark and DuckDB share, and the drift between runs."""
