"""Folders of JSON records in a lake, such as those of past job runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from offline.files import write_whole

KEPT = 200
T = TypeVar("T")


def write(file: Path, record: dict[str, Any]) -> list[Path]:
    """Writes a record in one step and deletes the oldest ones beyond KEPT; the deleted files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(record, default=str))
    expired = _latest_first(file.parent)[KEPT:]
    for old in expired:
        old.unlink(missing_ok=True)
    return expired


def read(folder: Path, parse: Callable[[dict[str, Any]], T]) -> Iterator[T]:
    """What the records of a folder describe, oldest first. Damaged ones are skipped."""
    for file in reversed(_latest_first(folder)):
        try:
            yield parse(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            continue


def _latest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!_]*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
