"""Rows dated in the future count from their day on: the periods in which such days have come since the marts were built."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import functions as F

from glue_jobs.lib.lake.context import Lake

# The processed tables whose rows marts leave out until a day, and that day. A test compares it with what the marts' SQL says.
DAYS = {"order_items": "date(ordered_at)", "events": "date_sub(event_date, 1)"}
# Days of the shop's time zone differ by one from those of UTC, which name the periods.
MARGIN = timedelta(days=2)


def reached_periods(lake: Lake, source: str, *, built_on: date, today: date) -> dict[str, frozenset[str]]:
    """The periods by table, with rows of the days since `built_on`, which were days to come then.

    A clock that was ahead and was set right puts `today` before `built_on`; rows of the days between are in the future again.
    """
    first, last = sorted((built_on, today))
    if first == last:
        return {}
    periods = {}
    for table, day in DAYS.items():
        named = F.col("period").between(lake.period(F.lit(first)), lake.period(F.lit(last + MARGIN)))
        rows = lake.read(table, source=source).where(named & F.expr(day).between(F.lit(first + timedelta(days=1)), F.lit(last)))
        if names := frozenset(row.period for row in rows.select("period").distinct().collect()):
            periods[table] = names
    return periods
