"""Sessions as columns, without a loop over sessions: start times, products viewed, carts and purchases.

A visit is one session; a slot is one product in it. A slot has one or more views, perhaps a cart event, then perhaps a
removal or a purchase. All purchases of a session happen at its last second: they are one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from offline.generator.behavior import FRAUD, GUEST, NOBODY, ONE_OFF, per_group
from offline.generator.catalog import CATEGORIES, PAIR_PROBABILITY, Catalog
from offline.generator.customers import Customers
from offline.generator.events import CART, PURCHASE, REMOVE, VIEW, Events
from offline.generator.plan import DAY, BoolArray, IntArray, second_of_day

MAX_SLOTS = 12
MAX_GAP = 600  # seconds; well below the 30 minutes that would end a session
MEAN_GAP = 40.0
FILLER_VIEWS = 8


@dataclass(frozen=True)
class Visits:
    """One entry per session."""

    start: IntArray  # second of the day
    user: IntArray
    group: IntArray
    carts: BoolArray
    buys: BoolArray

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: IntArray) -> Visits:
        return Visits(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Slots:
    """One entry per product of a visit, in the order in which the visitor sees them."""

    visit: IntArray
    product: IntArray
    views: IntArray
    quantity: IntArray
    carted: BoolArray
    bought: BoolArray
    removed: BoolArray

    def events(self) -> IntArray:
        """Number of events per slot."""
        return self.views + self.carted + self.bought + self.removed

    def take(self, rows: IntArray | BoolArray) -> Slots:
        return Slots(*(getattr(self, field.name)[rows] for field in fields(self)))


def concat_visits(parts: Sequence[Visits]) -> Visits:
    return Visits(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Visits)))


def concat_slots(parts: Sequence[Slots]) -> Slots:
    """All slots, grouped by visit, otherwise in the given order."""
    slots = Slots(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Slots)))
    return slots.take(np.argsort(slots.visit, kind="stable"))


def draw_visits(rng: np.random.Generator, customers: Customers, *, day: int, count: int) -> Visits:
    """Sessions in no particular order. A one-off buyer buys in at most one session."""
    user = customers.visitors(rng, day=day, count=count)
    group = customers.group(user)
    eagerness = np.where(user == NOBODY, 1.0, customers.eagerness[user])
    carts = rng.random(count) < np.minimum(per_group("cart_rate")[group] * eagerness, 0.95)
    buys = carts & (rng.random(count) < per_group("buy_rate")[group])
    once = np.flatnonzero(buys & (group == ONE_OFF))
    _, first = np.unique(user[once], return_index=True)
    buys[np.delete(once, first)] = False
    return Visits(start=second_of_day(rng, count), user=user, group=group, carts=carts, buys=buys)


def draw_slots(rng: np.random.Generator, visits: Visits, *, catalog: Catalog, customers: Customers, units: bool) -> Slots:
    """The products that each visit views and carts. `units=False` keeps every quantity at 1."""
    group = visits.group
    count = np.minimum(rng.geometric(1 - per_group("more_products")[group]), MAX_SLOTS)
    basket = rng.geometric(1 - per_group("more_in_basket")[group])
    visit = np.repeat(np.arange(len(visits)), count)
    position = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    favorite = customers.favorites[visits.user, (rng.random(len(visits)) < 0.3).astype(np.int64)]
    roaming = (visits.user == NOBODY) | (rng.random(len(visits)) < 0.25)
    theme = np.where(roaming, rng.integers(0, len(CATEGORIES), len(visits)), favorite)
    category = np.where(rng.random(len(visit)) < 0.65, theme[visit], -1)
    product = catalog.pick(rng, group=group[visit], category=category)
    carted = visits.carts[visit] & (position < basket[visit])
    bought = visits.buys[visit] & carted & ((position == 0) | (rng.random(len(visit)) < 0.85))
    removed = carted & ~bought & (visits.buys[visit] | (rng.random(len(visit)) < 0.35))
    extra = np.minimum(rng.poisson(per_group("extra_units")[group[visit]]), 5) if units else 0
    slots = Slots(
        visit=visit,
        product=product,
        views=1 + (rng.random(len(visit)) < 0.2).astype(np.int64),
        quantity=np.ones(len(visit), dtype=np.int64) + extra,
        carted=carted,
        bought=bought,
        removed=removed,
    )
    # A product occurs once per session: a second slot would give an order two identical lines.
    _, first = np.unique(visit * len(catalog) + product, return_index=True)
    return slots.take(np.sort(first))


def with_companions(rng: np.random.Generator, slots: Slots, *, catalog: Catalog) -> Slots:
    """Buyers of an anchor product also buy its companion, with the planted probability."""
    parts = [slots]
    for anchor, companion in catalog.pairs:
        follows = slots.bought & (slots.product == anchor) & (rng.random(len(slots.product)) < PAIR_PROBABILITY)
        visit = slots.visit[follows]
        ones = np.ones(len(visit), dtype=np.int64)
        yes = ones.astype(np.bool_)
        parts.append(
            Slots(visit=visit, product=ones * companion, views=ones, quantity=ones, carted=yes, bought=yes, removed=~yes)
        )
    added = np.concatenate([part.visit * len(catalog) + part.product for part in parts[1:]])
    parts[0] = slots.take(~np.isin(slots.visit * len(catalog) + slots.product, added))
    return concat_slots(parts)


def fit(rng: np.random.Generator, visits: Visits, slots: Slots, *, quota: int, catalog: Catalog) -> tuple[Visits, Slots]:
    """The first visits that fit into `quota` events, plus guests who only view to fill it: exactly `quota` events."""
    running = np.cumsum(np.bincount(slots.visit, weights=slots.events(), minlength=len(visits)).astype(np.int64))
    kept = int(np.searchsorted(running, quota, side="right"))
    left = quota - (int(running[kept - 1]) if kept else 0)
    views = np.full(-(-left // FILLER_VIEWS), FILLER_VIEWS, dtype=np.int64)
    if left % FILLER_VIEWS:
        views[-1] = left % FILLER_VIEWS
    none = np.zeros(len(views), dtype=np.bool_)
    guests = np.full(len(views), GUEST, dtype=np.int64)
    filler_visits = Visits(start=second_of_day(rng, len(views)), user=none + NOBODY, group=guests, carts=none, buys=none)
    product = catalog.pick(rng, group=guests, category=none.astype(np.int64) - 1)
    filler_slots = Slots(
        visit=kept + np.arange(len(views)),
        product=product,
        views=views,
        quantity=np.ones(len(views), dtype=np.int64),
        carted=none,
        bought=none,
        removed=none,
    )
    return (
        concat_visits([visits.take(np.arange(kept)), filler_visits]),
        concat_slots([slots.take(slots.visit < kept), filler_slots]),
    )


def to_events(
    rng: np.random.Generator, visits: Visits, slots: Slots, *, day: int, sessions_before: int, last_day: bool
) -> tuple[Visits, Events]:
    """The visits in time order, and their events session by session.

    Sessions are numbered from `sessions_before` by start time. On the last day, a session that would end after midnight starts
    earlier instead. On other days it continues past midnight, and at least one session does.
    """
    offset, visit, slot, kind = _steps(rng, slots, visits=len(visits))
    length = np.zeros(len(visits), dtype=np.int64)
    np.maximum.at(length, visit, offset)
    start = _starts(visits, length=length, last_day=last_day)
    order = np.argsort(start, kind="stable")
    rank = np.empty(len(visits), dtype=np.int64)
    rank[order] = np.arange(len(visits))
    events = Events(
        second=day * DAY + start[visit] + offset,
        kind=kind,
        product=slots.product[slot],
        quantity=np.where(kind == VIEW, 0, slots.quantity[slot]),
        user=visits.user[visit],
        session=sessions_before + rank[visit],
    )
    return replace(visits, start=start).take(order), events.take(np.argsort(events.session, kind="stable"))


def _starts(visits: Visits, *, length: IntArray, last_day: bool) -> IntArray:
    """Start of each visit. On the last day none passes midnight; on other days midnight is in the middle of the latest visit."""
    if last_day:
        return np.minimum(visits.start, DAY - 1 - length)
    start = visits.start.copy()
    can_extend = np.flatnonzero((length > 0) & (visits.group != FRAUD))
    if len(can_extend):
        latest = can_extend[np.argmax(start[can_extend])]
        start[latest] = DAY - (length[latest] + 1) // 2
    return start


def _steps(rng: np.random.Generator, slots: Slots, *, visits: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Each event's seconds since session start, visit, slot and kind: view and cart, then remove, then purchase."""
    number = np.arange(len(slots.visit))
    counts = (slots.views, slots.carted.astype(np.int64), slots.removed.astype(np.int64), slots.bought.astype(np.int64))
    slot = np.concatenate([np.repeat(number, count) for count in counts])
    kind = np.repeat(np.array([VIEW, CART, REMOVE, PURCHASE]), [int(count.sum()) for count in counts])
    phase = np.where(kind == CART, VIEW, kind)
    visit = slots.visit[slot]
    order = np.lexsort((kind, slot, phase, visit))
    visit, slot, kind = visit[order], slot[order], kind[order]
    gap = np.clip(np.round(rng.exponential(MEAN_GAP, len(visit))), 1, MAX_GAP).astype(np.int64)
    opens = np.diff(visit, prepend=-1) != 0
    follows_purchase = np.concatenate([[False], kind[:-1] == PURCHASE])
    gap[opens | ((kind == PURCHASE) & follows_purchase)] = 0
    elapsed = np.cumsum(gap)
    began = np.zeros(visits, dtype=np.int64)
    began[visit[opens]] = elapsed[opens]
    return elapsed - began[visit], visit, slot, kind
