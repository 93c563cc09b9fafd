"""Planted fraud: a few users each place a burst of orders for the most expensive products within an hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offline.generator.behavior import FRAUD
from offline.generator.catalog import Catalog
from offline.generator.customers import Customers
from offline.generator.plan import DAY, IntArray, Plan
from offline.generator.sessions import Slots, Visits

ORDERS = (6, 13)  # per burst
EVENTS_PER_ORDER = 3  # view, cart, purchase
QUOTA_SHARE = 0.25  # maximum share of a day's events per burst
MIN_ORDERS = 3


@dataclass(frozen=True)
class Burst:
    user: int
    day: int
    start: int  # second of the day


def plan_bursts(plan: Plan, customers: Customers) -> list[Burst]:
    """One burst for each planted fraudster, mostly on different days."""
    rng = plan.rng("fraud")
    users = np.flatnonzero(customers.segment == FRAUD)
    days = rng.permutation(max(plan.days, len(users)))[: len(users)] % plan.days
    starts = rng.integers(0, DAY - 2 * 3600, len(users))
    return [Burst(int(user), int(day), int(start)) for user, day, start in zip(users, days, starts, strict=True)]


def orders_of(
    rng: np.random.Generator, burst: Burst, *, catalog: Catalog, events_left: int, units: bool
) -> tuple[Visits, Slots] | None:
    """The burst as sessions of one order each; None if the day has no room for it."""
    count = min(int(rng.integers(*ORDERS)), int(events_left * QUOTA_SHARE) // EVENTS_PER_ORDER)
    if count < MIN_ORDERS:
        return None
    yes = np.ones(count, dtype=np.bool_)
    ones = np.ones(count, dtype=np.int64)
    offsets: IntArray = np.sort(rng.integers(0, 3600, count))
    visits = Visits(start=burst.start + offsets, user=ones * burst.user, group=ones * FRAUD, carts=yes, buys=yes)
    slots = Slots(
        visit=np.arange(count),
        product=catalog.expensive[rng.integers(0, len(catalog.expensive), count)],
        views=ones,
        quantity=rng.integers(2, 6, count) if units else ones,
        carted=yes,
        bought=yes,
        removed=~yes,
    )
    return visits, slots
