"""Results that are held, and how they came about forgotten."""

from __future__ import annotations

from pyspark.sql import DataFrame


def checkpointed(frame: DataFrame) -> DataFrame:
    """Computes a frame once; what is built on it starts from its rows, which the executors hold.

    A cached frame keeps its plan, and a plan of many cached frames takes Spark longer to describe than to run.
    """
    return frame.localCheckpoint(eager=True)
