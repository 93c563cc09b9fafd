"""A lake in a temporary folder, to put a few rows into and to query its views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from offline.athena import open_lake
from tests.support.tables import write_rows

Rows = Sequence[Mapping[str, Any]]
Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {zone: tmp_path / zone for zone in ("raw", "processed", "curated")}


@pytest.fixture
def put(folders: dict[str, Path]) -> Callable[..., None]:
    """Writes rows of a table, of source `tiny` unless another is named."""

    def write(table: str, rows: Rows, *, source: str = "tiny") -> None:
        write_rows(folders, table, rows, source=source)

    return write


@pytest.fixture
def query(folders: dict[str, Path]) -> Query:
    """The rows of a SELECT, whose `?` take the parameters."""

    def run(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with open_lake(folders) as lake:
            return lake.query(sql, parameters).rows

    return run
