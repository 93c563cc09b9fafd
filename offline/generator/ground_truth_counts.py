"""Count the ground truth day by day. Memory grows with users, not with events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from offline.generator.behavior import FRAUD, GROUPS, NOBODY
from offline.generator.catalog import PAIR_PROBABILITY
from offline.generator.customers import COUNTRIES, NEVER
from offline.generator.events import CART, PURCHASE, REMOVE, VIEW, Lines
from offline.generator.ground_truth import DayTruth, FraudTruth, PairTruth, SegmentTruth, Truth, money
from offline.generator.layouts import Layout
from offline.generator.plan import DAY, IntArray, Plan
from offline.generator.shop import Day, ShopSimulation

USERS_HEADER = "user_id,segment,country,registered_on,churned_on,sessions,orders,units,gross,last_order_on"


class GroundTruthCounter:
    """Call `add` for every day, then `finish`."""

    def __init__(self, plan: Plan, shop: ShopSimulation, layout: Layout) -> None:
        self._plan, self._shop, self._layout = plan, shop, layout
        self.truth = Truth(arguments=plan.arguments())
        self.truth.segments = {
            group.name: SegmentTruth(
                planned_cart_rate=group.cart_rate, planned_buy_rate=round(group.cart_rate * group.buy_rate, 4)
            )
            for group in GROUPS
        }
        ids = shop.catalog.product_id
        self.truth.pairs = [
            PairTruth(anchor=ids[anchor], companion=ids[companion], planned_probability=PAIR_PROBABILITY)
            for anchor, companion in shop.catalog.pairs
        ]
        self._user_ids = layout.user_ids()
        users = len(shop.customers)
        self._sessions, self._orders, self._units, self._gross = (np.zeros(users, dtype=np.int64) for _ in range(4))
        self._last_order = np.full(users, -1, dtype=np.int64)
        self._cents = {"gross": 0, "returned": 0, "guests": 0}

    def add(self, day: Day) -> None:
        self._count_day(day)
        self._count_sessions(day)
        self._count_buyers(day.sales)
        self._count_pairs(day.sales)
        self._record_fraud(day)

    def _count_day(self, day: Day) -> None:
        totals, sales, returns = self.truth.totals, day.sales, day.returns
        views, carts, removes, purchases = np.bincount(day.events.kind, minlength=4)[[VIEW, CART, REMOVE, PURCHASE]].tolist()
        totals.events += len(day.events)
        totals.views, totals.carts = totals.views + views, totals.carts + carts
        totals.removes, totals.purchases = totals.removes + removes, totals.purchases + purchases
        orders, units = len(np.unique(sales.order)), int(sales.quantity.sum())
        gross, returned = _cents(sales), -_cents(returns)
        returned_units = -int(returns.quantity.sum())
        totals.orders, totals.sale_lines, totals.units = (
            totals.orders + orders,
            totals.sale_lines + len(sales),
            totals.units + units,
        )
        totals.return_lines, totals.returned_units = (
            totals.return_lines + len(returns),
            totals.returned_units + returned_units,
        )
        self._cents["gross"] += gross
        self._cents["returned"] += returned
        self.truth.daily.append(
            DayTruth(
                date=self._plan.date(day.number).isoformat(),
                events=len(day.events),
                sessions=len(day.visits),
                orders=orders,
                units=units,
                gross=money(gross),
                returned_units=returned_units,
                returned=money(returned),
            )
        )

    def _count_sessions(self, day: Day) -> None:
        totals, visits = self.truth.totals, day.visits
        totals.sessions += len(visits)
        totals.sessions_carted += int(visits.carts.sum())
        totals.sessions_bought += int(visits.buys.sum())
        totals.sessions_over_midnight += day.overnight
        known = visits.user[visits.user != NOBODY]
        np.add.at(self._sessions, known, 1)
        for number, segment in enumerate(self.truth.segments.values()):
            here = visits.group == number
            segment.sessions += int(here.sum())
            segment.carted += int(visits.carts[here].sum())
            segment.bought += int(visits.buys[here].sum())

    def _count_buyers(self, sales: Lines) -> None:
        known = sales.take(sales.user != NOBODY)
        np.add.at(self._orders, known.user[known.line == 1], 1)
        np.add.at(self._units, known.user, known.quantity)
        np.add.at(self._gross, known.user, known.quantity * known.price)
        np.maximum.at(self._last_order, known.user, known.second // DAY)
        guests = sales.take(sales.user == NOBODY)
        here = self.truth.segments["guest"]
        here.orders += len(np.unique(guests.order))
        here.units += int(guests.quantity.sum())
        self._cents["guests"] += _cents(guests)

    def _count_pairs(self, sales: Lines) -> None:
        for pair, (anchor, companion) in zip(self.truth.pairs, self._shop.catalog.pairs, strict=True):
            with_anchor = sales.order[sales.product == anchor]
            with_companion = sales.order[sales.product == companion]
            pair.anchor_orders += len(with_anchor)
            pair.companion_orders += len(with_companion)
            pair.orders_together += len(np.intersect1d(with_anchor, with_companion))

    def _record_fraud(self, day: Day) -> None:
        """A burst ends well before midnight, so it is complete within its day."""
        fraud = day.sales.take((day.sales.user != NOBODY) & (self._shop.customers.segment[day.sales.user] == FRAUD))
        for user in np.unique(fraud.user):
            burst = fraud.take(fraud.user == user)
            self.truth.fraud.append(
                FraudTruth(
                    user_id=self._user_ids[int(user)],
                    date=self._plan.date(day.number).isoformat(),
                    orders=len(np.unique(burst.order)),
                    order_ids=self._layout.order_ids(np.unique(burst.order)),
                    session_ids=self._layout.session_ids(np.unique(burst.session)),
                    gross=money(_cents(burst)),
                )
            )

    def finish(self) -> Truth:
        totals, customers = self.truth.totals, self._shop.customers
        totals.gross, totals.returned = money(self._cents["gross"]), money(self._cents["returned"])
        totals.net = money(self._cents["gross"] - self._cents["returned"])
        guest = self.truth.segments["guest"]
        guest.gross = money(self._cents["guests"])
        totals.guest_orders = guest.orders
        totals.buyers = int((self._orders > 0).sum()) + (guest.orders if self._plan.layout == "rees46" else 0)
        totals.customers = int((customers.registered_at != NEVER).sum())
        totals.products = len(self._shop.catalog)
        for number, segment in enumerate(self.truth.segments.values()):
            who = customers.segment == number
            if GROUPS[number].name != "guest":
                segment.users, segment.buyers = int(who.sum()), int((self._orders[who] > 0).sum())
                segment.churned_users = int((customers.churned() & who).sum())
                segment.orders, segment.units = int(self._orders[who].sum()), int(self._units[who].sum())
                segment.gross = money(int(self._gross[who].sum()))
        for pair in self.truth.pairs:
            pair.support = round(pair.orders_together / max(totals.orders, 1), 6)
            pair.expected_support = round(PAIR_PROBABILITY * pair.anchor_orders / max(totals.orders, 1), 6)
        self.truth.complete = True
        return self.truth

    def write_users(self, path: Path) -> None:
        """One row per user, including users who never visited (their registered_on is empty)."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(USERS_HEADER + "\n")
            file.writelines(self._user_lines())

    def _user_lines(self) -> Iterator[str]:
        customers = self._shop.customers
        registered = np.where(customers.registered_at == NEVER, NEVER, customers.registered_at // DAY)
        leaves = np.where(customers.churned(), customers.leaves, NEVER)
        last = np.where(self._last_order < 0, NEVER, self._last_order)
        dates = [_dates(self._plan, days) for days in (registered, leaves, last)]
        for number, user_id in enumerate(self._user_ids):
            yield (
                f"{user_id},{GROUPS[customers.segment[number]].name},{COUNTRIES[customers.country[number]]},"
                f"{dates[0][number]},{dates[1][number]},{self._sessions[number]},{self._orders[number]},"
                f"{self._units[number]},{money(int(self._gross[number]))},{dates[2][number]}\n"
            )


def _cents(lines: Lines) -> int:
    return int((lines.quantity * lines.price).sum())


def _dates(plan: Plan, day: IntArray) -> list[str]:
    """ISO dates of days since the first; empty for NEVER."""
    known = np.where(day == NEVER, 0, day)
    dates = np.datetime_as_string(np.datetime64(plan.start) + known.astype("timedelta64[D]"), unit="D")
    return list(np.where(day == NEVER, "", dates).tolist())
