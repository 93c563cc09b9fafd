"""Raw files and processed partitions that were there after an earlier run and no longer exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import functions as F

from contracts import load
from contracts.document import few
from contracts.errors import SourceError
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.source_definition.source import Source

NAMED = 3  # files or partitions in one sentence


def missing_notice(uri: str) -> str:
    return (
        f"{uri}: this raw file was loaded before and no longer exists; restore it, or run with --drop-missing (or --full) to "
        "drop its rows."
    )


def missing_error(source: str, uris: Iterable[str]) -> SourceError:
    """The error of a run that would have to rebuild a partition without these files."""
    return SourceError(
        f"{source}: {few(sorted(uris), NAMED)} no longer exists, and partitions with its rows must be rebuilt; restore it, or "
        "run with --drop-missing (or --full) to drop its rows."
    )


def lost_partitions(lake: Lake, source: Source, current: Mapping[str, KnownFile]) -> set[str]:
    """Partitions ('table/period') that these files or the last run of their period filled, and that have no files now."""
    if not current:
        return set()
    expected = {partition for file in current.values() for partition in file.partitions} | _derived(lake, source)
    if not expected:
        return set()
    return expected - {partition for table in source.selects for partition in _existing(lake, table, source.name)}


def lost_notice(source: str, partitions: Iterable[str]) -> str:
    return f"{source}: {few(sorted(partitions), NAMED)} no longer exists in processed; rebuilding it from raw."


def _derived(lake: Lake, source: Source) -> set[str]:
    """What the last run of each period wrote for tables whose rows are not records of raw files."""
    derived = [table for table in source.selects if table not in {kind.records for kind in source.kinds.values()}]
    if not derived:
        return set()
    runs = lake.read("etl_runs", source=source.name).where("status = 'succeeded' and job = 'conform'")
    rows = (
        runs.select("run_id", F.explode("partitions").alias("partition")).groupBy("partition").agg(F.max("run_id").alias("run"))
    )
    newest = {row.partition: row.run for row in rows.collect()}
    last: dict[str, str] = {}
    for partition, run in newest.items():
        period = partition.partition("/")[2]
        last[period] = max(run, last.get(period, run))
    return {
        partition
        for partition, run in newest.items()
        if partition.partition("/")[0] in derived and run == last[partition.partition("/")[2]]
    }


def _existing(lake: Lake, table: str, source: str) -> set[str]:
    files = lake.storage.files(f"{lake.location(load(table))}/source={source}", pattern="*.parquet")
    return {f"{table}/{file.folder.removeprefix('period=')}" for file in files}
