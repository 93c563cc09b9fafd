"""What is in the repository: files that mean the same on every machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REGULAR = {"100644", "100755"}
LARGEST = 1_000_000  # bytes; bulk is generated or downloaded, and not kept


@pytest.fixture(scope="module")
def tracked() -> list[tuple[str, str]]:
    """Pairs of mode and path."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    listed = subprocess.run(["git", "ls-files", "--stage", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    entries = [entry.partition("\t") for entry in listed.rstrip("\0").split("\0")]
    return [(details.split()[0], path) for details, _, path in entries]


def test_tracked_files_are_regular_files(tracked: list[tuple[str, str]]) -> None:
    assert [path for mode, path in tracked if mode not in REGULAR] == []


def test_no_tracked_file_is_bulk(tracked: list[tuple[str, str]]) -> None:
    present = [path for _, path in tracked if (ROOT / path).is_file()]
    assert [path for path in present if (ROOT / path).stat().st_size > LARGEST] == []


def test_no_tracked_file_names_this_machine(tracked: list[tuple[str, str]]) -> None:
    named = [str(ROOT).encode(), b"/tmp/pytest-of-", b"/root/"]
    present = [path for _, path in tracked if (ROOT / path).is_file() and (ROOT / path) != Path(__file__)]
    assert [(path, name) for path in present for name in named if name in (ROOT / path).read_bytes()] == []
