"""Compare the live figures of complete days with the batch, and keep their ingestion warnings.

Runs as a Glue job, or offline with the same arguments; see `--help`. Writes live_reconciliation and ingestion_warnings for the
source that holds the API's events. The live table keeps a week; days that left it keep the rows of their last run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.derive.spark import struct_type
from contracts.errors import UsageError
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows
from lambdas.common.table import Table
from lambdas.live import health, metrics
from lambdas.live.events import VALUED

JOB, STREAM = "reconcile", "stream"
# One day less than the live table keeps a window.
DAYS = 6
KEY = ("event_date", "event_type")


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """Both tables; nothing for shops that do not send events to the API."""
    if data.source != STREAM:
        return {}
    if not data.options.live_table:
        raise UsageError("--live_table: expected the name of a DynamoDB table; turn on live_path in the settings.")
    table, today = Table(data.options.live_table), date.fromisoformat(data.options.today)
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    compared = _compared(data, list(_live(table, days)), days)
    differing = compared.where("difference != 0").count()
    if differing:
        data.notices.append(f"{differing} live counts of the last {DAYS} days differ from the batch; see live_versus_batch.")
    results = {
        "live_reconciliation": compared,
        "ingestion_warnings": _frame(data, "ingestion_warnings", list(_warnings(table, days))),
    }
    return {name: _with_earlier(data, name, frame, since=days[0]) for name, frame in results.items()}


def _live(table: Table, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    """Totals of each day and event type; late events and those ahead are counted on the day on which they were received."""
    for day in days:
        start = datetime.combine(day, time(), UTC)
        windows = metrics.read(table, seconds=86_400, since=start, until=start + timedelta(days=1), details=False)
        own, late, ahead = metrics.total(windows)
        for kind in sorted({*own.counts, *late.counts, *ahead.counts}):
            value = sum((tally.values.get(kind, Decimal(0)) for tally in (own, late, ahead)), Decimal(0))
            counts = {"live_events": own, "late_events": late, "ahead_events": ahead}
            yield {"event_date": day, "event_type": kind, "live_value": value} | {
                name: tally.counts.get(kind, 0) for name, tally in counts.items()
            }


def _warnings(table: Table, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    for day in days:
        for code, (count, sample) in health.warnings(table, day).items():
            yield {"warning_date": day, "code": code, "warnings": count, "sample": sample}


def _compared(data: AnalysisInput, live: Sequence[Mapping[str, Any]], days: Sequence[date]) -> DataFrame:
    counts = [F.coalesce(name, F.lit(0)).alias(name) for name in ("live_events", "late_events", "ahead_events", "batch_events")]
    values = [F.coalesce(name, F.lit(0)).cast("decimal(38,4)").alias(name) for name in ("live_value", "batch_value")]
    columns = struct_type(load("live_reconciliation"))
    counted = literal_rows(data.lake.spark, live, columns).drop("batch_events", "batch_value")
    joined = counted.join(_batch(data.tables["events"], days), [*KEY], "full")
    sums = joined.select(*KEY, *counts, *values)
    difference = F.col("live_events") + F.col("late_events") + F.col("ahead_events") - F.col("batch_events")
    return of_source(sums.withColumn("difference", difference).select(*columns.names), data.source)


def _batch(events: DataFrame, days: Sequence[date]) -> DataFrame:
    """Events that the batch loaded, by day and type. An event about several products is one event; its rows share a time."""
    event = F.regexp_replace("event_id", r"/\d+$", "")
    amount = F.when(F.col("event_type").isin(*VALUED), F.col("price") * F.coalesce("quantity", F.lit(1)))
    return (
        events.where(F.col("event_date").between(F.lit(days[0]), F.lit(days[-1])))
        .groupBy(*KEY, "event_time", event.alias("event"))
        .agg(F.sum(amount).alias("amount"))
        .groupBy(*KEY)
        .agg(F.count("*").alias("batch_events"), F.sum("amount").alias("batch_value"))
    )


def _with_earlier(data: AnalysisInput, name: str, frame: DataFrame, *, since: date) -> DataFrame:
    """The rows, and those of an earlier run about days that the live table no longer has."""
    day = load(name).names[0]
    earlier = data.lake.read(name, source=data.source).where(F.col(day) < F.lit(since))
    return frame.unionByName(earlier.select(*frame.columns))


def _frame(data: AnalysisInput, name: str, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    return of_source(literal_rows(data.lake.spark, rows, struct_type(load(name))), data.source)


def options(arguments: argparse.ArgumentParser) -> None:
    """The live table and the day of the run: a new day is a reason to run although no event was loaded."""
    arguments.add_argument("--live_table", required=True, help="DynamoDB table of live figures")
    today = datetime.now(UTC).date().isoformat()
    arguments.add_argument("--today", default=today, help="first day that is not complete, in UTC (default: today)")


ANALYSIS = Analysis(job=JOB, compute=compute, options=options)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Compare and keep the live figures of one source or all. UsageError without a live table."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics(JOB, main, sys.argv[1:])
