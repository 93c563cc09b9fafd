"""Folds events into what they add to windows: pure counting, in any order with the same result.

An event's window follows from its own time and the time at which it was received, never from the batch it came in. So however
records are split, retried or reordered, the sums are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lambdas.live.events import VALUED, Event
from lambdas.live.keys import date_text

BOT = "bot"
DIMENSIONS = ("brand", "category", "product")
STAGES = ("view", "cart", "purchase")
# Per dimension and name: event type -> [count, value].
Groups = dict[str, dict[str, dict[str, list[int]]]]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Window size and lateness in seconds."""

    window: int
    lateness: int


@dataclass
class Steps:
    """A session's steps of the funnel in one window, as milliseconds from its start.

    The first view, every cart and the last purchase suffice to find view, then cart, then purchase after batches are merged.
    """

    view: int | None = None
    carts: set[int] = field(default_factory=set)
    purchase: int | None = None

    def add(self, kind: str, at: int) -> None:
        if kind == "view":
            self.view = at if self.view is None else min(at, self.view)
        elif kind == "cart":
            self.carts.add(at)
        elif kind in {"purchase", "order"}:
            self.purchase = at if self.purchase is None else max(at, self.purchase)

    def merge(self, other: Steps) -> None:
        if other.view is not None:
            self.add("view", other.view)
        self.carts |= other.carts
        if other.purchase is not None:
            self.add("purchase", other.purchase)

    def reached(self) -> int:
        """How many steps were taken in order, from 0 to 3."""
        if self.view is None:
            return 0
        carts = [at for at in self.carts if at >= self.view]
        if not carts:
            return 1
        return 3 if self.purchase is not None and self.purchase >= min(carts) else 2


@dataclass
class Details:
    """What one batch adds to one window beyond its totals."""

    groups: Groups = field(default_factory=lambda: {name: {} for name in DIMENSIONS})
    users: set[bytes] = field(default_factory=set)
    sessions: dict[bytes, Steps] = field(default_factory=dict)

    def add(self, event: Event, user: bytes | None, offset: int) -> None:
        if event.brand:
            self.count("brand", event.brand, event.kind, event.amount)
        if event.category:
            self.count("category", event.category, event.kind, event.amount)
        for line in event.lines:
            self.count("product", line.product_id, event.kind, line.amount)
        if user:
            self.users.add(user)
        if event.session:
            steps = self.sessions.get(event.session)
            if steps is None:
                steps = self.sessions[event.session] = Steps()
            steps.add(event.kind, offset)

    def count(self, dimension: str, name: str, kind: str, amount: int, events: int = 1) -> None:
        kinds = self.groups[dimension].setdefault(name, {})
        pair = kinds.get(kind)
        if pair is None:
            kinds[kind] = [events, amount]
        else:
            pair[0] += events
            pair[1] += amount


@dataclass
class Warned:
    """Warnings of one code on one day. The sample names an event's type and times, never its content."""

    count: int = 0
    sample: str = ""


@dataclass
class Delta:
    """What a batch adds: totals and details by window start, warnings by date and code."""

    totals: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    details: dict[int, Details] = field(default_factory=lambda: defaultdict(Details))
    warnings: dict[str, dict[str, Warned]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Warned)))

    def warn(self, event: Event, code: str) -> None:
        warned = self.warnings[date_text(event.received / 1000)][code]
        warned.count += 1
        warned.sample = warned.sample or f"{event.kind}, {(event.received - event.at) // 1000} s before it was received"


def fold(events: Iterable[Event], duplicates: Iterable[Event], *, rules: Rules, users: Mapping[str, bytes]) -> Delta:
    """Counts distinct events, and notes those that were counted before. `users` has the hash of each user id."""
    delta = Delta()
    for event in events:
        start, place = placed(event, rules)
        totals = delta.totals[start]
        totals[f"{place}#{event.kind}"] += 1
        if event.kind in VALUED:
            totals[f"{place}v#{event.kind}"] += event.amount
        if place == "n":
            delta.details[start].add(event, users[event.user] if event.user else None, event.at - start * 1000)
        if event.flags or place != "n":
            _note(delta, totals, event, place)
    for event in duplicates:
        totals = delta.totals[_start(event.received, rules)]
        totals["duplicates"] += 1
        totals["warnings"] += 1
        delta.warn(event, "duplicate")
    return delta


def placed(event: Event, rules: Rules) -> tuple[int, str]:
    """The window of an event and whether it is in its own (n), late (l) or ahead (a), in the window it was received in."""
    late = event.received - event.at
    if late > rules.lateness * 1000:
        return _start(event.received, rules), "l"
    if -late > rules.lateness * 1000:
        return _start(event.received, rules), "a"
    return _start(event.at, rules), "n"


def _start(milliseconds: int, rules: Rules) -> int:
    return milliseconds // 1000 // rules.window * rules.window


def _note(delta: Delta, totals: dict[str, int], event: Event, place: str) -> None:
    codes = [flag for flag in event.flags if flag != BOT]
    if place != "n":
        codes.append({"l": "late", "a": "ahead"}[place])
    if BOT in event.flags:
        totals["bots"] += 1
        delta.warn(event, BOT)
    for code in codes:
        totals["warnings"] += 1
        delta.warn(event, code)
