"""Repeatable measurements of the lake. `python -m benchmarks` prints a table."""
