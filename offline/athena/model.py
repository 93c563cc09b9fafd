"""Tables, views and results of the SQL engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.model import Contract


@dataclass(frozen=True)
class Table:
    """One table: a folder with Parquet under `<partition>=<value>/…`; absent or empty means no rows.

    `columns` are (name, Athena type) in order, including the partition columns. `location` is the folder's address in S3.
    """

    name: str
    path: Path
    columns: tuple[tuple[str, str], ...]
    partition_columns: tuple[str, ...]
    location: str = ""

    def files(self) -> list[Path]:
        """Its data files, sorted. Skips files and folders whose names begin with `_` or `.`."""
        if not self.path.is_dir():
            return []
        if not self.partition_columns:
            return sorted(_parquet(self.path))
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
class View:
    """One SELECT under a name; `columns` are (name, type text of Athena) in order."""

    sql: str
    columns: tuple[tuple[str, str], ...]


def tables_of(zones: Mapping[str, Path], contracts: Mapping[str, Contract]) -> dict[str, Table]:
    """The tables of the contracts by `zone.table`. `zones` maps each zone to its folder."""
    return {
        f"{contract.zone}.{contract.name}": Table(
            name=contract.name,
            path=zones[contract.zone] / contract.name,
            columns=tuple((c.name, c.physical_type) for c in contract.columns),
            partition_columns=tuple(contract.partition_columns),
        )
        for contract in contracts.values()
    }
