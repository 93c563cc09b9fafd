"""File names in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def path_literal(path: Path | str) -> str:
    """A path as a literal, because a folder's name may contain quotes."""
    return "'" + str(path).replace("'", "''") + "'"


def path_list(paths: Iterable[Path | str]) -> str:
    """Paths as a list literal."""
    return f"[{', '.join(map(path_literal, paths))}]"
