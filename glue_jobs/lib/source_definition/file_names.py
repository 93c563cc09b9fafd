"""Names of raw files that Spark cannot read."""

from __future__ import annotations

# Spark reads a path as a glob pattern, and Hadoop takes what precedes a colon for a URI scheme.
UNREADABLE = frozenset(":*?[]{}\\\n\r")


def is_readable(name: str) -> bool:
    """Whether Spark can read a file of this name."""
    return not UNREADABLE.intersection(name)
