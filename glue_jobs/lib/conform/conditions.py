"""Conditions that cost a row no more than they must."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def any_of(conditions: Sequence[Column]) -> Column:
    """Whether one of the conditions is true, in pairs of pairs: a chain of thousands would be too deep for Spark's planner."""
    if len(conditions) < 2:
        return conditions[0] if conditions else F.lit(False)
    middle = len(conditions) // 2
    return any_of(conditions[:middle]) | any_of(conditions[middle:])


def only_if(cheap: Column, costly: Column) -> Column:
    """Both conditions, of which the second is computed only where the first is true.

    With AND, Spark computes for every row what two costly conditions have in common.
    """
    return F.when(cheap, costly).otherwise(F.lit(False))
