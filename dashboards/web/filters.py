"""The filters of a page, as the address holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

# Without dates in the address, a page shows the last days of sales.
DEFAULT_DAYS = 90
CHOICES = ("category", "brand", "segment")
_NAMES = {"first": "from", "last": "to"}


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """From when to when a source has data; `last_sale` is where forecasts and comparisons end."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class Filters:
    """One source and a period of whole days, both included. An empty choice is all; `subject` is a typed customer or product."""

    source: str
    first: date
    last: date
    category: str = ""
    brand: str = ""
    segment: str = ""
    subject: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def grain(self) -> str:
        """How fine a chart over time is: at most some 100 points."""
        return "day" if self.days <= 100 else "week" if self.days <= 400 else "month"

    @property
    def values(self) -> dict[str, Any]:
        """The values of a query's parameters."""
        return {
            "source": self.source,
            "first": self.first,
            "last": self.last,
            # Partitions by month or by day, in UTC: the shop's days may begin a day earlier or later. Both kinds of names sort.
            "first_period": f"{self.first - timedelta(days=1):%Y-%m}",
            "last_period": (self.last + timedelta(days=1)).isoformat(),
            "grain": self.grain,
            "category": self.category,
            "brand": self.brand,
            "segment": self.segment,
            "subject": self.subject,
        }

    def former(self) -> Filters:
        """The same choices for the period of equal length before."""
        return replace(self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1))

    def search(self, **changes: Any) -> str:
        """The query part of an address, with these changes."""
        other = replace(self, **changes)
        pairs = {"source": other.source, "from": other.first.isoformat(), "to": other.last.isoformat()}
        pairs |= {name: value for name in (*CHOICES, "subject") if (value := getattr(other, name))}
        return "?" + urlencode(pairs)

    def text(self) -> str:
        """The filters in words, a line each."""
        lines = [f"source: {self.source}", f"from: {self.first.isoformat()}", f"to: {self.last.isoformat()}"]
        lines += [f"{name}: {getattr(self, name) or 'all'}" for name in CHOICES]
        return "\n".join([*lines, *([f"subject: {self.subject}"] if self.subject else [])]) + "\n"


def read(search: str, *, coverage: dict[str, Coverage]) -> tuple[Filters, list[str]]:
    """The filters of an address, and a sentence for each part of it that could not be used.

    `coverage` has the sources of the lake, at least one.
    """
    asked = {name: texts[-1] for name, texts in parse_qs(search.lstrip("?")).items()}
    problems = []
    source = asked.get("source", "")
    if source not in coverage:
        if source:
            problems.append(f"There is no source {source}; showing {next(iter(coverage))}.")
        source = next(iter(coverage))
    known = coverage[source]
    days: dict[str, date] = {}
    for name, default in (("last", known.last), ("first", None)):
        text = asked.get(_NAMES[name], "")
        fallback = default or max(known.first, days["last"] - timedelta(days=DEFAULT_DAYS - 1))
        days[name] = _day(text, fallback)
        if text and days[name].isoformat() != text:
            problems.append(f"{text} is not a date such as {fallback.isoformat()}.")
    if days["first"] > days["last"]:
        problems.append(f"The period began after its end; showing the days up to {days['last'].isoformat()}.")
        days["first"] = max(known.first, days["last"] - timedelta(days=DEFAULT_DAYS - 1))
        days["first"] = min(days["first"], days["last"])
    choices = {name: asked.get(name, "") for name in (*CHOICES, "subject")}
    return Filters(source=source, first=days["first"], last=days["last"], **choices), problems


def is_partial(filters: Filters, known: Coverage) -> bool:
    """Whether the source has no data for some days of the period."""
    return filters.first < known.first or filters.last > known.last


def _day(text: str, default: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default
