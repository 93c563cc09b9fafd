"""What `shoplake verify` reports."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

RUN, FULL = "shoplake run", "shoplake run --full"


@dataclass(frozen=True, order=True)
class Difference:
    """One difference: the command that heals it, the table, partition or file, and what differs."""

    remedy: str
    place: str
    problem: str


def removal(path: Path) -> str:
    """The command that removes a file or folder that belongs to no table."""
    return f"rm {'-r ' if path.is_dir() else ''}{shlex.quote(str(path))}"
