"""How the rows of a table are spread over tasks, and so over files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contracts import load
from contracts.derive.spark import struct_type
from glue_jobs.lib.conform import staging
from glue_jobs.lib.lake.context import Lake

START = datetime(2025, 1, 1, tzinfo=UTC)
TASKS = 4


def _spread(spark: SparkSession, times: list[datetime | None]) -> list[tuple[datetime | None, int]]:
    """The time and the bucket of events at these times; those without a time are rejected."""
    lake, contract = Lake(spark, "", "", "", "month", Path(), Path()), load("events")
    events = [(f"event-{number}", time) for number, time in enumerate(times)]
    rows = spark.createDataFrame(events, "event_id string, event_time timestamp")
    broken = F.when(F.col("event_time").isNull(), F.array(F.lit("event_time_required")))
    record = F.struct(F.monotonically_increasing_id().alias("row"), broken.alias("broken"), F.lit(0).alias("delivered"))
    missing = [field for field in struct_type(contract).fields if field.name not in rows.columns]
    rows = rows.select("*", *[F.lit(None).cast(field.dataType).alias(field.name) for field in missing])
    rows = rows.select("*", record.alias("_record"), F.lit("2025-01").alias("period"))
    spread: DataFrame = staging._spread(lake, contract, rows, TASKS * staging.BYTES_PER_TASK)
    return [(row.event_time, row._bucket) for row in spread.collect()]


def test_events_of_an_hour_are_in_one_file(spark: SparkSession) -> None:
    # GIVEN four events in each of 200 hours
    spread = _spread(spark, [START + timedelta(minutes=15 * number) for number in range(800)])
    # THEN each hour has one bucket, and all buckets have events
    hours: dict[datetime, set[int]] = {}
    for time, bucket in spread:
        assert time is not None
        hours.setdefault(time.replace(minute=0), set()).add(bucket)
    assert {len(buckets) for buckets in hours.values()} == {1}
    assert len(set().union(*hours.values())) == TASKS * staging.BUCKETS_PER_TASK["month"]


def test_times_without_hours_are_spread_over_several_tasks(spark: SparkSession) -> None:
    spread = _spread(spark, [START + timedelta(days=number) for number in range(31)])
    assert len({bucket for _, bucket in spread}) > 2 * TASKS


def test_rejected_rows_without_a_time_are_spread_too(spark: SparkSession) -> None:
    spread = _spread(spark, [None] * 200)
    assert len({bucket for _, bucket in spread}) > TASKS
