"""A lake of a few curated rows, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from offline.lake.local_lake import LocalLake
from tests.support.tables import write_rows

Put = Callable[[str, Sequence[Mapping[str, Any]]], None]


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    return LocalLake(tmp_path / "lake")


@pytest.fixture
def put(lake: LocalLake) -> Put:
    """Writes rows of source `tiny` into a table."""
    return lambda table, rows: write_rows(lake.folders, table, rows)
