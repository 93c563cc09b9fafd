"""Filters in the address: what is read, what is refused in words, and the way back."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.web.filters import Coverage, Filters, read

KNOWN = {
    "shop": Coverage(first=date(2025, 1, 1), last=date(2025, 6, 30)),
    "new": Coverage(first=date(2025, 6, 1), last=date(2025, 6, 30)),
}


def test_without_an_address_the_last_90_days_of_the_first_source_are_shown() -> None:
    filters, problems = read("", coverage=KNOWN)
    assert (filters.source, filters.first, filters.last) == ("shop", date(2025, 4, 2), date(2025, 6, 30))
    assert (filters.days, problems) == (90, [])


def test_a_source_with_fewer_days_begins_with_its_first() -> None:
    filters, _ = read("?source=new", coverage=KNOWN)
    assert (filters.first, filters.last) == (date(2025, 6, 1), date(2025, 6, 30))


def test_an_address_is_read_as_it_was_written() -> None:
    filters = Filters(
        source="shop",
        first=date(2025, 2, 1),
        last=date(2025, 2, 28),
        category="a&b",
        brand="ä+1",
        segment="Can't Lose",
        subject="x=1",
    )
    assert read(filters.search(), coverage=KNOWN) == (filters, [])


@pytest.mark.parametrize(
    ("search", "problem"),
    [
        ("?source=nowhere", "There is no source nowhere; showing shop."),
        ("?source=shop&from=yesterday", "yesterday is not a date such as 2025-04-02."),
        ("?source=shop&to=2025-02-30", "2025-02-30 is not a date such as 2025-06-30."),
        ("?source=shop&from=2025-03-02&to=2025-03-01", "The period began after its end; showing the days up to 2025-03-01."),
    ],
)
def test_what_cannot_be_used_is_named_and_the_page_still_shows_a_period(search: str, problem: str) -> None:
    filters, problems = read(search, coverage=KNOWN)
    assert problems == [problem]
    assert filters.first <= filters.last


@pytest.mark.parametrize(("days", "grain"), [(1, "day"), (100, "day"), (101, "week"), (400, "week"), (401, "month")])
def test_charts_over_time_have_some_hundred_steps_at_most(days: int, grain: str) -> None:
    first = date(2024, 1, 1)
    assert Filters(source="shop", first=first, last=date.fromordinal(first.toordinal() + days - 1)).grain == grain


def test_the_former_period_is_as_long_and_ends_the_day_before() -> None:
    former = Filters(source="shop", first=date(2025, 3, 1), last=date(2025, 3, 31), brand="acme").former()
    assert (former.first, former.last, former.brand) == (date(2025, 1, 29), date(2025, 2, 28), "acme")
