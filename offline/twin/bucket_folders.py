"""Which entries of a lake's folder `s3` are buckets. Other programs may leave files and folders there too."""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def buckets(root: Path) -> list[str]:
    """The names of the folders that can be buckets."""
    return [entry.name for entry in _entries(root) if _is_bucket(entry)]


def strays(root: Path) -> list[str]:
    """The names of all other entries."""
    return [entry.name for entry in _entries(root) if not _is_bucket(entry)]


def _entries(root: Path) -> list[Path]:
    return sorted(root.iterdir()) if root.is_dir() else []


def _is_bucket(entry: Path) -> bool:
    return entry.is_dir() and NAME.fullmatch(entry.name) is not None
