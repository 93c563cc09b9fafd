"""Reads the live windows: totals per window, summed over shards.

>>> windows = read(Table("shoplake-dev-live"), seconds=60, since=since, until=until)

An event is in exactly one place: in its own window, or as late or ahead in the window in which it was received. So the sum of
`events`, `late` and `ahead` over all windows is the number of distinct events.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lambdas.common.table import Item, Table
from lambdas.live import keys
from lambdas.live.events import MONEY_PLACES
from lambdas.live.fold import DIMENSIONS, Details, Steps

SALES = ("purchase", "order")
# Up to this many users (and sessions) of a window are counted exactly, which bounds the reader's memory.
EXACT_UP_TO = 100_000


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
    """Number and value of events by event type. Views, pages, searches and stock have no value."""

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
    warnings: int = 0
    active_users: Distinct = field(default_factory=Distinct)
    active_sessions: Distinct = field(default_factory=Distinct)
    funnel: Funnel = field(default_factory=Funnel)
    brands: Mapping[str, Tally] = field(default_factory=dict)
    categories: Mapping[str, Tally] = field(default_factory=dict)
    products: Mapping[str, Tally] = field(default_factory=dict)


class UnknownWindowError(ValueError):
    """The requested size is not a multiple of the stored windows."""


def read(table: Table, *, seconds: int, since: datetime, until: datetime, details: bool = True) -> Sequence[Window]:
    """Windows of `seconds` that start from `since` (inclusive) to `until` (exclusive), oldest first; empty ones are left out.

    `seconds` must be a multiple of the shortest window of WINDOWS, else UnknownWindowError is raised. Without `details` only
    totals are read: no users, sessions, funnel, brands, categories and products.
    """
    parts: dict[int, _Parts] = defaultdict(_Parts)
    first = -(-int(since.timestamp()) // seconds) * seconds
    last = -(-int(until.timestamp()) // seconds) * seconds
    if last <= first:
        return []
    states = shards(table)
    # Shards that ended before the setting was changed keep their larger or smaller windows.
    window = max(states, key=lambda state: state["arrival"])["window"] if states else 1
    if seconds < 1 or seconds % window:
        raise UnknownWindowError(f"windows of {seconds} seconds: expected a multiple of {window}")
    for shard in (state["sk"] for state in states):
        for item in _items(table, keys.totals(shard), first, last):
            parts[_start(item, seconds)].add_totals(item)
        for item in _items(table, keys.details(shard), first, last) if details else ():
            parts[_start(item, seconds)].add_details(item)
    return [part.window(start, seconds) for start, part in sorted(parts.items())]


def shards(table: Table) -> list[Item]:
    """Checkpoints of all shards that ever wrote to the table: `sk` is the shard key, `arrival` epoch milliseconds."""
    return list(table.query(keys.SHARDS))


def total(windows: Iterable[Window]) -> tuple[Tally, Tally, Tally]:
    """Sums over windows: events in their own windows, late ones, and ones ahead."""
    windows = list(windows)
    return tally_sum(w.total for w in windows), tally_sum(w.late for w in windows), tally_sum(w.ahead for w in windows)


def tally_sum(tallies: Iterable[Tally]) -> Tally:
    counts: dict[str, int] = defaultdict(int)
    values: dict[str, Decimal] = defaultdict(Decimal)
    for tally in tallies:
        for kind, count in tally.counts.items():
            counts[kind] += count
        for kind, value in tally.values.items():
            values[kind] += value
    return Tally(counts=dict(counts), values=dict(values))


def top_products(windows: Iterable[Window], *, by: str = "view", limit: int = 10) -> list[tuple[str, Tally]]:
    """Products with the most events of a type, or with the highest `revenue`; ties by product id."""
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for window in windows:
        for product, tally in window.products.items():
            tallies[product].append(tally)
    products = [(product, tally_sum(many)) for product, many in tallies.items()]

    def rank(entry: tuple[str, Tally]) -> Decimal:
        return entry[1].revenue if by == "revenue" else Decimal(entry[1].counts.get(by, 0))

    return sorted((entry for entry in products if rank(entry)), key=lambda entry: (-rank(entry), entry[0]))[:limit]


def decimal(units: int) -> Decimal:
    """Ten-thousandths as money."""
    return Decimal(units).scaleb(-MONEY_PLACES)


@dataclass
class _Parts:
    """Items of one window."""

    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    details: Details = field(default_factory=Details)
    users_complete: bool = True
    sessions_complete: bool = True

    def add_totals(self, item: Item) -> None:
        for name, value in item.items():
            if isinstance(value, int):
                self.numbers[name] += value

    def add_details(self, item: Item) -> None:
        content = json.loads(zlib.decompress(item["data"]))
        for dimension in DIMENSIONS:
            for name, kinds in content.get(dimension, {}).items():
                for kind, (count, value) in kinds.items():
                    self.details.count(dimension, name, kind, value, count)
        for user in content.get("users", ()):
            if len(self.details.users) < EXACT_UP_TO:
                self.details.users.add(b64decode(user))
            elif b64decode(user) not in self.details.users:
                self.users_complete = False
        # Steps count from the start of their stored window.
        origin = _epoch(item["sk"]) * 1000
        for session, (view, carts, purchase) in content.get("sessions", {}).items():
            self._add_session(b64decode(session), _steps(view, carts, purchase, origin))

    def _add_session(self, session: bytes, steps: Steps) -> None:
        known = self.details.sessions.get(session)
        if known is not None:
            known.merge(steps)
        elif len(self.details.sessions) < EXACT_UP_TO:
            self.details.sessions[session] = steps
        else:
            self.sessions_complete = False

    def window(self, start: int, seconds: int) -> Window:
        reached = [steps.reached() for steps in self.details.sessions.values()]
        view, cart, purchase = (sum(steps >= stage for steps in reached) for stage in (1, 2, 3))
        groups = {
            dimension: {name: _tally_of(kinds) for name, kinds in names.items()}
            for dimension, names in self.details.groups.items()
        }
        return Window(
            start=datetime.fromtimestamp(start, UTC),
            seconds=seconds,
            total=self._tally("n"),
            late=self._tally("l"),
            ahead=self._tally("a"),
            duplicates=self.numbers["duplicates"],
            bots=self.numbers["bots"],
            warnings=self.numbers["warnings"],
            active_users=Distinct(count=len(self.details.users), exact=self.users_complete),
            active_sessions=Distinct(count=len(self.details.sessions), exact=self.sessions_complete),
            funnel=Funnel(view=view, cart=cart, purchase=purchase),
            brands=groups["brand"],
            categories=groups["category"],
            products=groups["product"],
        )

    def _tally(self, place: str) -> Tally:
        counts, values = f"{place}#", f"{place}v#"
        return Tally(
            counts={name.removeprefix(counts): count for name, count in self.numbers.items() if name.startswith(counts)},
            values={name.removeprefix(values): decimal(v) for name, v in self.numbers.items() if name.startswith(values)},
        )


def _items(table: Table, pk: str, first: int, last: int) -> Iterator[Item]:
    """Items of windows that start from `first` to before `last`."""
    until = f"{keys.start_text(last - 1)}~"
    return (item for item in table.query(pk, since=keys.start_text(first), until=until))


def _start(item: Item, seconds: int) -> int:
    return _epoch(item["sk"]) // seconds * seconds


def _epoch(sk: str) -> int:
    return int(datetime.fromisoformat(sk.split("#", 1)[0]).timestamp())


def _steps(view: int | None, carts: Sequence[int], purchase: int | None, origin: int) -> Steps:
    return Steps(
        view=None if view is None else view + origin,
        carts={cart + origin for cart in carts},
        purchase=None if purchase is None else purchase + origin,
    )


def _tally_of(kinds: Mapping[str, Any]) -> Tally:
    return Tally(
        counts={kind: count for kind, (count, _) in kinds.items()},
        values={kind: decimal(value) for kind, (_, value) in kinds.items() if value},
    )
