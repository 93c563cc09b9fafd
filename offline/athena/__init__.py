"""Athena's SQL on one machine: its dialect translated to DuckDB, over the lake's Parquet."""

from __future__ import annotations

from offline.athena.engine import AthenaEngine
from offline.athena.model import Result, Table, tables_of

__all__ = ["AthenaEngine", "Result", "Table", "tables_of"]
