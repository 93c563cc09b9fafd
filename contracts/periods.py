"""How timed tables are cut: one period a month or a day, named as its folder is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

# A period's name in the letters that Spark, Athena and Trino share.
GRAINS = {"month": "yyyy-MM", "day": "yyyy-MM-dd"}


def months(first: date, last: date) -> Iterator[str]:
    """The names of all months from that of `first` to that of `last`: 2019-10, 2019-11, …"""
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def outside(periods: Iterable[str], *, first: date, last: date) -> list[str]:
    """Those of the periods, months or days, that lie before that of `first` or after that of `last`, in their order."""
    return sorted(name for name in periods if not first.isoformat()[: len(name)] <= name <= last.isoformat()[: len(name)])
