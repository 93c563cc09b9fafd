"""Small things about files that several packages need."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(file: Path, text: str) -> None:
    """Writes a text file in one step: readers see the former text or the new one, also if this process dies."""
    draft = file.with_name(f"_{file.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def folder_names(place: Path) -> list[str]:
    """The folders directly below a folder; none if it does not exist."""
    return sorted(entry.name for entry in place.glob("*") if entry.is_dir())
