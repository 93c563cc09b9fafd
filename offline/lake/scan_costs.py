"""What the views and reports read of a lake: the bytes for which Athena bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from athena_queries.named_queries import report_names, report_parameters, report_sql
from athena_queries.parameters import fill_texts
from athena_queries.views import load_views
from offline.athena import open_lake


@dataclass(frozen=True)
class ScanCost:
    """One view, read whole, or one report with the example values of its header."""

    kind: str
    name: str
    rows: int
    scanned_bytes: int


def scan_costs(folders: Mapping[str, Path]) -> Iterator[ScanCost]:
    """The costs of all views and reports, in the order of their names."""
    with open_lake(folders) as lake:
        for name in sorted(load_views()):
            columns = ", ".join(column.name for column in load_views()[name].columns)
            result = lake.query(f"select {columns} from {name}")
            yield ScanCost("view", name, len(result.rows), result.scanned_bytes)
        for name in report_names():
            sql = report_sql(name)
            result = lake.query(fill_texts(sql, list(report_parameters(sql).values())))
            yield ScanCost("report", name, len(result.rows), result.scanned_bytes)


def raw_bytes(folders: Mapping[str, Path]) -> int:
    """The size of all files in raw."""
    return sum(file.stat().st_size for file in folders["raw"].rglob("*") if file.is_file())
