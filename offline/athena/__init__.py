"""Athena's SQL on one machine: its dialect translated to DuckDB, over the lake's Parquet. `open_lake` is the way in."""

from __future__ import annotations

from athena_queries.result import Result
from offline.athena.duckdb_errors import damage, damage_sentence, limit_memory, named_errors
from offline.athena.engine import AthenaEngine
from offline.athena.lake import LakeQueries, open_lake
from offline.athena.model import Table, View, tables_of

__all__ = [
    "AthenaEngine",
    "LakeQueries",
    "Result",
    "Table",
    "View",
    "damage",
    "damage_sentence",
    "limit_memory",
    "named_errors",
    "open_lake",
    "tables_of",
]
