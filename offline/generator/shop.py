"""Simulate the shop day by day. State between days grows with users and products, not with days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from offline.generator import catalog as catalogs
from offline.generator import fraud
from offline.generator.behavior import FRAUD, NOBODY, ONE_OFF
from offline.generator.customers import NEVER, Customers
from offline.generator.events import Events, Lines, concat_events, concat_lines, no_events, no_lines, sale_lines
from offline.generator.plan import DAY, IntArray, Plan, second_of_day
from offline.generator.sessions import (
    Slots,
    Visits,
    concat_slots,
    concat_visits,
    draw_slots,
    draw_visits,
    fit,
    to_events,
    with_companions,
)
from offline.generator.stock import Stock

RETURN_SHARE = 0.055  # of sale lines; returns due after the last day are dropped
RETURN_DAYS = (2, 15)


@dataclass(frozen=True)
class Day:
    """Everything that one day's files and ground truth are written from."""

    number: int
    events: Events
    visits: Visits  # the sessions that start today, in time order
    first_session: int
    sales: Lines
    returns: Lines
    price: IntArray  # of every product, cents
    stock: IntArray  # at midnight, before today's sales
    changed_products: IntArray
    exported_customers: IntArray  # new or changed customers
    exported_at: IntArray  # the second of that change
    overnight: int  # sessions that continue past midnight


class ShopSimulation:
    """`days()` can be iterated once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.catalog = catalogs.build(plan)
        self.customers = Customers(plan)
        self._stock_levels = Stock(plan, self.catalog)
        self._bursts = fraud.plan_bursts(plan, self.customers)
        self._units = plan.layout == "shop"
        self._overnight = no_events()
        self._returns: dict[int, list[Lines]] = {}
        self._sessions = 0
        self._orders = 0
        self._events_per_session = self._pilot()

    def days(self) -> Iterator[Day]:
        for day, quota in enumerate(self._plan.quotas()):
            yield self._simulate_day(day, int(quota))

    def _pilot(self) -> float:
        """Mean events per session, from a small separate draw."""
        rng = self._plan.rng("pilot")
        visits = draw_visits(rng, self.customers, day=self._plan.days // 2, count=2_000)
        return float(self._slots(rng, visits).events().sum()) / len(visits)

    def _slots(self, rng: np.random.Generator, visits: Visits) -> Slots:
        slots = draw_slots(rng, visits, catalog=self.catalog, customers=self.customers, units=self._units)
        return with_companions(rng, slots, catalog=self.catalog)

    def _simulate_day(self, day: int, quota: int) -> Day:
        changed = self._stock_levels.open(day)
        price, stock = self._stock_levels.price, self._stock_levels.stock.copy()
        moved = self.customers.move(day)
        visits, arrived = self._visit(day, quota)
        new = self.customers.register(visits.user, day * DAY + visits.start)
        everything = concat_events([self._overnight, arrived])
        today = everything.second < (day + 1) * DAY
        self._overnight = everything.take(~today)
        events = everything.take(today)
        events = events.take(np.argsort(events.second, kind="stable"))
        sales = sale_lines(events, price=price, orders_before=self._orders)
        self._orders = int(sales.order[-1]) if len(sales) else self._orders
        self._stock_levels.sell(sales.product, sales.quantity)
        returns = self._take_back(day, sales)
        exported, exported_at = self._export(day, moved=moved, new=new)
        first_session = self._sessions
        self._sessions += len(visits)
        return Day(
            day,
            events,
            visits,
            first_session,
            sales,
            returns,
            price,
            stock,
            changed,
            exported,
            exported_at,
            len(np.unique(self._overnight.session)),
        )

    def _visit(self, day: int, quota: int) -> tuple[Visits, Events]:
        """Exactly `quota` events: planted fraud first, then normal visits."""
        rng = self._plan.rng("sessions", day)
        parts, left = [], quota
        for burst in self._bursts:
            planted = None
            if burst.day == day:
                planted = fraud.orders_of(rng, burst, catalog=self.catalog, events_left=left, units=self._units)
            if planted is not None:
                parts.append(planted)
                left -= int(planted[1].events().sum())
        crowd = draw_visits(rng, self.customers, day=day, count=int(1.1 * left / self._events_per_session) + 10)
        parts.append((crowd, self._slots(rng, crowd)))
        visits, slots = _stacked(parts)
        visits, slots = fit(rng, visits, slots, quota=quota, catalog=self.catalog)
        self.customers.done[visits.user[visits.buys & (visits.group == ONE_OFF)]] = True
        return to_events(rng, visits, slots, day=day, sessions_before=self._sessions, last_day=day == self._plan.days - 1)

    def _take_back(self, day: int, sales: Lines) -> Lines:
        """Today's returns, in time order. Decides which of today's sales will be returned, and when."""
        if self._plan.layout == "rees46":
            return no_lines()
        rng = self._plan.rng("returns", day)
        honest = (sales.user == NOBODY) | (self.customers.segment[sales.user] != FRAUD)
        back = sales.take(honest & (rng.random(len(sales)) < RETURN_SHARE))
        back = replace(back, quantity=-rng.integers(1, back.quantity + 1))
        due = day + rng.integers(*RETURN_DAYS, len(back))
        for when in np.unique(due[due < self._plan.days]):
            self._returns.setdefault(int(when), []).append(back.take(due == when))
        arrived = concat_lines([no_lines(), *self._returns.pop(day, [])])
        arrived = replace(arrived, second=day * DAY + second_of_day(rng, len(arrived)))
        return arrived.take(np.argsort(arrived.second, kind="stable"))

    def _export(self, day: int, *, moved: IntArray, new: IntArray) -> tuple[IntArray, IntArray]:
        """Customers of today's export, in order of change. The first day includes all existing customers."""
        registered = self.customers.registered_at
        old = np.flatnonzero((registered != NEVER) & (registered < 0)) if day == 0 else moved
        who = np.concatenate([old, new])
        when = np.concatenate([np.full(len(old), day * DAY), registered[new]])
        order = np.lexsort((who, when))
        return who[order], when[order]


def _stacked(parts: list[tuple[Visits, Slots]]) -> tuple[Visits, Slots]:
    """Concatenate the parts and renumber their visits consecutively."""
    slots, before = [], 0
    for visits, own in parts:
        slots.append(replace(own, visit=own.visit + before))
        before += len(visits)
    return concat_visits([visits for visits, _ in parts]), concat_slots(slots)
