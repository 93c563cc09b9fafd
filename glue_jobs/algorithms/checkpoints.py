"""Checkpoints that truncate query plans."""

from __future__ import annotations

from pyspark.sql import DataFrame


def checkpointed(frame: DataFrame) -> DataFrame:
    """Compute a frame once. Frames built on it start from its rows, which the executors hold.

    A cached frame keeps its plan, and Spark spends longer planning many cached frames than running them.
    """
    return frame.localCheckpoint(eager=True)
