"""Reads the live windows: totals per window, summed over shards.

>>> windows = read(Table("shoplake-dev-live"), seconds=60, since=since, until=until)

An event is in exactly one place: in its own window, or as late or ahead in the window in which it was received. So the sum of
`events`, `late` and `ahead` over all windows is the number of distinct events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lambdas.common.table import Table

SALES = ("purchase", "order")


@dataclass(frozen=True, kw_only=True)
class Distinct:
    """A number of distinct users or sessions; "at least" this many where it is not exact."""

    count: int = 0
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"at least {self.count:,}"


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """Sessions that reached each step in this order within the window: view, then cart, then purchase."""

    view: int = 0
    cart: int = 0
    purchase: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Number and value of events by event type. Only sales and refunds have a value."""

    counts: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def events(self) -> int:
        return sum(self.counts.values())

    @property
    def revenue(self) -> Decimal:
        """Value of purchases (sent by browsers) and orders (sent by servers); refunds are not subtracted."""
        return sum((self.values.get(kind, Decimal(0)) for kind in SALES), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Window:
    """One event-time window, from `start` (UTC, inclusive) for `seconds`."""

    start: datetime
    seconds: int
    total: Tally = field(default_factory=Tally)
    late: Tally = field(default_factory=Tally)
    ahead: Tally = field(default_factory=Tally)
    duplicates: int = 0
    bots: int = 0
    active_users: Distinct = field(default_factory=Distinct)
    active_sessions: Distinct = field(default_factory=Distinct)
    funnel: Funnel = field(default_factory=Funnel)
    brands: Mapping[str, Tally] = field(default_factory=dict)
    categories: Mapping[str, Tally] = field(default_factory=dict)
    products: Mapping[str, Tally] = field(default_factory=dict)


def read(table: Table, *, seconds: int, since: datetime, until: datetime, details: bool = True) -> Sequence[Window]:
    """Windows of `seconds` that start from `since` (inclusive) to `until` (exclusive), oldest first; empty ones are left out.

    `seconds` must be a multiple of the shortest window. Without `details` only totals are read: no users, sessions, funnel,
    brands, categories and products.
    """
    raise NotImplementedError
