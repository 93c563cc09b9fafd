"""The constructs that stacks are built from, one per file."""
