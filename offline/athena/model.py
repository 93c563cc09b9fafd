"""A table of the lake as the SQL engine sees it, and the result of a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Table:
    """One table: a folder with Parquet under `<partition>=<value>/…`; absent or empty means no rows.

    `columns` are (name, type text of Athena) in order, the partition columns among them.
    """

    name: str
    path: Path
    columns: tuple[tuple[str, str], ...]
    partition_columns: tuple[str, ...]

    def files(self) -> list[Path]:
        """Its data files in a stable order; whatever lies in a folder that begins with `_` or `.` is not data."""
        if not self.partition_columns or not self.path.is_dir():
            return []
        first = f"{self.partition_columns[0]}=*"
        return sorted(f for folder in self.path.glob(first) for f in _parquet(folder))


def _parquet(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir():
            yield from _parquet(entry)
        elif entry.suffix == ".parquet":
            yield entry


@dataclass(frozen=True)
class Result:
    """Rows of Python values (Decimal, datetime, dict for a map, tuple or dict for a row) under typed columns."""

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]


class _Column(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def physical_type(self) -> str: ...


class _Contract(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def columns(self) -> tuple[Any, ...]: ...
    @property
    def partition_columns(self) -> tuple[str, ...]: ...


def tables_of(zones: Mapping[str, Path], contracts: Mapping[str, Any]) -> dict[str, Table]:
    """The tables that the contracts declare, by `zone.table`; `zones` has the folder of every zone that they name."""
    found = {}
    for contract in contracts.values():
        promised: _Contract = contract
        columns: list[_Column] = list(promised.columns)
        found[f"{promised.zone}.{promised.name}"] = Table(
            name=promised.name,
            path=zones[promised.zone] / promised.name,
            columns=tuple((c.name, c.physical_type) for c in columns),
            partition_columns=tuple(promised.partition_columns),
        )
    return found
