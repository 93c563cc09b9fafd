"""How tests set Spark: like Glue's, but sized for few rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2"}


@contextmanager
def interpreted_plans(spark: SparkSession) -> Iterator[None]:
    """Set Spark as the local stack sets it for few rows: compiling plans takes longer than running them."""
    from offline.twin.spark.session import FOR_ROWS

    with changed_settings(spark, FOR_ROWS["few"]):
        yield


@contextmanager
def changed_settings(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Settings of a session for a while."""
    before = {key: spark.conf.get(key) for key in settings}
    _set(spark, settings)
    try:
        yield
    finally:
        _set(spark, before)


def _set(spark: SparkSession, settings: Mapping[str, str | None]) -> None:
    for key, value in settings.items():
        spark.conf.set(key, str(value))
