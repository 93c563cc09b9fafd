"""Partitions that were written by an earlier run and are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import functions as F

from contracts import load, load_all
from contracts.document import few
from glue_jobs.lib.lake.context import Lake

NAMED = 3  # partitions in one sentence


def recorded_rows(lake: Lake, source: str, *, job: str) -> dict[str, int]:
    """Rows of each partition ('table/period') as the job's last run that wrote it recorded them."""
    runs = lake.read("etl_runs", source=source).where(f"status = 'succeeded' and job = '{job}'")
    counts = runs.select("run_id", F.explode("rows_by_partition").alias("partition", "rows"))
    newest = counts.groupBy("partition").agg(F.max_by("rows", "run_id").alias("rows"))
    return {row.partition: row.rows for row in newest.collect()}


def lost_partitions(lake: Lake, source: str, recorded: Mapping[str, int], *, stem: str = "part") -> set[str]:
    """The partitions with recorded rows that have no files with this stem now, or an empty file, which Spark would skip."""
    expected = {partition for partition, rows in recorded.items() if rows}
    tables = {partition.partition("/")[0] for partition in expected} & load_all().keys()
    there = {partition for table in tables for partition in _partitions(lake, table, source, stem)}
    return {partition for partition in expected - there if partition.partition("/")[0] in tables}


def lost_notice(source: str, partitions: Iterable[str], *, zone: str, origin: str) -> str:
    return f"{source}: {few(sorted(partitions), NAMED)} no longer exists in {zone}; rebuilding it from {origin}."


def _partitions(lake: Lake, table: str, source: str, stem: str) -> set[str]:
    files = lake.storage.files(f"{lake.location(load(table))}/source={source}", pattern=f"{stem}-*.parquet")
    empty = {file.folder for file in files if not file.size}
    return {f"{table}/{file.folder.rpartition('=')[2]}" for file in files if file.folder not in empty}
