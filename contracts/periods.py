"""Partition periods of timed tables: months or days, named like their folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

# Format of a period's name, in letters that Spark, Athena and Trino share.
GRAINS = {"month": "yyyy-MM", "day": "yyyy-MM-dd"}


def months(first: date, last: date) -> Iterator[str]:
    """The months from `first` to `last`, inclusive: 2019-10, 2019-11, …"""
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def outside(periods: Iterable[str], *, first: date, last: date) -> list[str]:
    """The periods, months or days, before that of `first` or after that of `last`, sorted."""
    return sorted(name for name in periods if not first.isoformat()[: len(name)] <= name <= last.isoformat()[: len(name)])
