"""Write a few rows into a table of a lake, by the types of its contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from contracts import Contract, load


def write_rows(folders: Mapping[str, Path], table: str, rows: Sequence[Mapping[str, Any]], *, source: str = "tiny") -> None:
    """Write `rows` of one source as Parquet; a column left out is null, a period left out 2025-01. `folders` maps a zone to its
    folder.
    """
    contract = load(table)
    root = folders[contract.zone] / table / f"source={source}"
    if "period" not in contract.partition_columns:
        _write(root, contract, rows)
        return
    for period in sorted({row.get("period", "2025-01") for row in rows} or {"2025-01"}):
        _write(root / f"period={period}", contract, [row for row in rows if row.get("period", "2025-01") == period])


def _write(folder: Path, contract: Contract, rows: Sequence[Mapping[str, Any]]) -> None:
    folder.mkdir(parents=True)
    with duckdb.connect(":memory:") as connection:
        columns = ", ".join(f'"{column.name}" {duckdb_type(column.physical_type)}' for column in contract.data_columns)
        connection.execute(f"create table written ({columns})")
        marks = f"({', '.join('?' for _ in contract.data_columns)})"
        values = [row.get(column.name) for row in rows for column in contract.data_columns]
        if rows:  # executemany takes several times as long
            connection.execute(f"insert into written values {', '.join([marks] * len(rows))}", values)
        connection.execute(f"copy written to '{folder}/part-1.parquet' (format parquet)")


def duckdb_type(physical_type: str) -> str:
    """The type as DuckDB writes it: maps and arrays have another form."""
    if physical_type.startswith("map<"):
        return f"map({physical_type[4:-1]})"
    return f"{physical_type[6:-1]}[]" if physical_type.startswith("array<") else physical_type
