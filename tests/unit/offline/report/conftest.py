"""A lake of a few curated rows, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts import load
from offline.lake.local_lake import LocalLake

Put = Callable[[str, Sequence[Mapping[str, Any]]], None]


@pytest.fixture
def home(tmp_path: Path) -> LocalLake:
    return LocalLake(tmp_path / "lake")


@pytest.fixture
def put(home: LocalLake) -> Put:
    """Writes rows of source `tiny` into a table's place, by the types of its contract; a column left out is null."""

    def write(table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        contract = load(table)
        period = "/period=2025-01" if "period" in contract.partition_columns else ""
        folder = home.folders[contract.zone] / table / f"source=tiny{period}"
        folder.mkdir(parents=True)
        with duckdb.connect(":memory:") as connection:
            columns = ", ".join(f'"{column.name}" {column.physical_type}' for column in contract.data_columns)
            connection.execute(f"create table made ({columns})")
            marks = ", ".join("?" for _ in contract.data_columns)
            values = [[row.get(column.name) for column in contract.data_columns] for row in rows]
            connection.executemany(f"insert into made values ({marks})", values)
            connection.execute(f"copy made to '{folder}/part-1.parquet' (format parquet)")

    return write
