"""What a query returns, whichever engine ran it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """Rows of Python values (Decimal, datetime, dict for a map, tuple or dict for a row) under typed columns.

    `scanned_bytes` are those read from Parquet files, for which Athena bills.
    """

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]
    scanned_bytes: int = 0
