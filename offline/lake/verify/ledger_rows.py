"""The newest rows of the ledger, read without Spark from the files that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from offline.athena.paths import path_list


@dataclass(frozen=True)
class LoadedFile:
    """The newest row of `etl_files` about one raw file."""

    source: str
    uri: str
    status: str
    size: int
    sha256: str
    fingerprint: str
    run_id: str
    recorded_at: datetime
    modified: int | None  # milliseconds since the epoch


@dataclass(frozen=True)
class WrittenTable:
    """The newest successful run of a job that wrote a table; `follows` is the newest run of conform that it took into account."""

    source: str
    job: str
    table: str
    run_id: str
    fingerprint: str
    follows: str


@dataclass(frozen=True)
class WrittenPartition:
    """The newest successful run of a job that wrote a partition ('table/period'), and its rows."""

    source: str
    job: str
    partition: str
    run_id: str
    rows: int


@dataclass(frozen=True)
class LedgerRows:
    """What the ledger knows."""

    files: tuple[LoadedFile, ...] = ()
    tables: tuple[WrittenTable, ...] = ()
    partitions: tuple[WrittenPartition, ...] = ()
    # Of successful conform runs: (source, run id), and (source, run id, table) of each table that changed.
    runs: frozenset[tuple[str, str]] = frozenset()
    changes: frozenset[tuple[str, str, str]] = frozenset()


NEWEST_FILES = """
select source, source_file, arg_max(status, run_id), arg_max(bytes, run_id), arg_max(sha256, run_id),
       arg_max(fingerprint, run_id), max(run_id), arg_max(recorded_at::timestamp, run_id), arg_max(epoch_ms(modified_at), run_id)
from {files} group by source, source_file order by source, source_file"""
NEWEST_TABLES = """
select source, job, table_name, max(run_id), arg_max(fingerprint, run_id),
       coalesce(map_extract(arg_max(versions, run_id), 'conform')[1], max(run_id))
from {files} where status = 'succeeded' group by source, job, table_name"""
NEWEST_PARTITIONS = """
with written as (
    select source, job, run_id, unnest(map_keys(rows_by_partition)) as partition, unnest(map_values(rows_by_partition)) as rows
    from {files} where status = 'succeeded'
)
select source, job, partition, max(run_id), arg_max(rows, run_id) from written group by source, job, partition"""
CHANGED = """
select distinct source, run_id, split_part(unnest(partitions), '/', 1) as table_name
from {files} where status = 'succeeded' and job = 'conform'"""
RUNS = "select distinct source, run_id from {files} where status = 'succeeded' and job = 'conform'"


def read_ledger(etl_files: Sequence[Path], etl_runs: Sequence[Path]) -> LedgerRows:
    """The newest rows of both tables; empty without files."""
    return LedgerRows(
        files=tuple(LoadedFile(*row) for row in _rows(NEWEST_FILES, etl_files)),
        tables=tuple(WrittenTable(*row) for row in _rows(NEWEST_TABLES, etl_runs)),
        partitions=tuple(WrittenPartition(*row) for row in _rows(NEWEST_PARTITIONS, etl_runs)),
        runs=frozenset((source, run) for source, run in _rows(RUNS, etl_runs)),
        changes=frozenset((source, run, table) for source, run, table in _rows(CHANGED, etl_runs)),
    )


def _rows(query: str, files: Sequence[Path]) -> Iterator[tuple[Any, ...]]:
    if not files:
        return iter(())
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute("set timezone = 'UTC'")
        table = f"read_parquet({path_list(files)}, union_by_name = true, hive_partitioning = true, hive_types_autocast = false)"
        return iter(connection.execute(query.format(files=table)).fetchall())
