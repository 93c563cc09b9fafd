"""What is not a SELECT: pure functions from DataFrames to DataFrames, and the models that the driver fits in NumPy and SciPy."""
