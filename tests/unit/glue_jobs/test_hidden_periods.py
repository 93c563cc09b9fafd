"""Periods that a run writes and the catalog does not project."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.periods import outside
from glue_jobs.lib.conform.conform_source import hidden_periods
from glue_jobs.lib.lake.context import Lake

YEARS = (date(2009, 1, 15), date(2035, 12, 31))


def lake(grain: str, dates: tuple[date, date] | None = YEARS) -> Lake:
    zones = {zone: f"s3://{zone}" for zone in ("raw", "processed", "curated")}
    return Lake(spark=None, grain=grain, sources=None, marts=None, dates=dates, **zones)


@pytest.mark.parametrize(
    ("periods", "hidden"),
    [
        (["2009-01", "2035-12"], []),
        (["2036-01", "2008-12", "2019-10"], ["2008-12", "2036-01"]),
        (["2009-01-14", "2009-01-15", "2035-12-31", "2036-01-01"], ["2009-01-14", "2036-01-01"]),
    ],
)
def test_bounds_apply_to_whole_months_and_to_single_days(periods: list[str], hidden: list[str]) -> None:
    assert outside(periods, first=YEARS[0], last=YEARS[1]) == hidden


def test_a_lake_by_day_is_visible_until_tomorrow() -> None:
    # GIVEN
    today = datetime.now(UTC).date()
    days = [f"{today + timedelta(days=ahead)}" for ahead in (0, 1, 9)]
    # WHEN
    (sentence,) = hidden_periods(lake("day"), "shop.events", days)
    # THEN
    assert sentence == (
        f"shop.events: data of {days[2]} is written, but Athena finds periods from 2009-01-15 to tomorrow only; set first_date "
        "early enough and deploy; wait for a future day to arrive, or fix the times in the source."
    )


def test_the_first_few_of_many_are_named() -> None:
    (sentence,) = hidden_periods(lake("month"), "shop.events", [f"19{year}-01" for year in range(70, 80)])
    assert "data of 1970-01, 1971-01, 1972-01, 1973-01, 1974-01, 1975-01 and 4 more is written" in sentence


def test_without_a_catalog_nothing_is_hidden() -> None:
    assert list(hidden_periods(lake("month", None), "shop.events", ["1970-01"])) == []
