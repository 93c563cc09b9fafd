"""Layout `shop`: daily files of events, order lines, products and customers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offline.generator import columns as c
from offline.generator.behavior import NOBODY
from offline.generator.customers import COUNTRIES, FIRST_USER
from offline.generator.events import EVENT_TYPES, Events, Lines, concat_lines
from offline.generator.layouts import FileKind, sessions_of
from offline.generator.plan import DAY, IntArray, Plan
from offline.generator.shop import Day, ShopSimulation


class ShopExports:
    """Events, order lines, products and customers, one file each per day."""

    kinds = (
        FileKind(
            name="events",
            columns=(
                "event_id",
                "event_time",
                "event_type",
                "product_id",
                "quantity",
                "price",
                "user_id",
                "session_id",
            ),
            sample=("bad-e{n:06d}", "{date}T{clock}Z", "cart", "{product}", "1", "19.99", "", "bad-s{n:06d}"),
            time="event_time",
            text="session_id",
            price="price",
            type="event_type",
            product="product_id",
        ),
        FileKind(
            name="order_lines",
            columns=(
                "order_id",
                "line_no",
                "ordered_at",
                "line_type",
                "product_id",
                "product_name",
                "quantity",
                "unit_price",
                "customer_id",
                "country",
                "session_id",
            ),
            sample=(
                "bad-o{n:06d}",
                "1",
                "{date}T{clock}Z",
                "sale",
                "{product}",
                "Mislaid product",
                "1",
                "19.99",
                "",
                "Germany",
                "bad-s{n:06d}",
            ),
            time="ordered_at",
            text="product_name",
            price="unit_price",
            type="line_type",
            product="product_id",
        ),
        FileKind(
            name="products",
            columns=(
                "product_id",
                "product_name",
                "category_id",
                "category",
                "brand",
                "list_price",
                "unit_cost",
                "stock",
                "updated_at",
            ),
            sample=(
                "bad-p{n:06d}",
                "Mislaid product",
                "2053013555631882655",
                "kids.toys",
                "lego",
                "19.99",
                "11.00",
                "5",
                "{date}T{clock}Z",
            ),
            time="updated_at",
            text="product_name",
            price="list_price",
            product="product_id",
        ),
        FileKind(
            name="customers",
            columns=("customer_id", "country", "registered_at", "updated_at"),
            sample=("bad-u{n:06d}", "Germany", "2020-01-01T00:00:00Z", "{date}T{clock}Z"),
            time="updated_at",
            text="country",
        ),
    )

    def __init__(self, plan: Plan, shop: ShopSimulation) -> None:
        self._plan = plan
        self._customers = shop.customers
        self._catalog = shop.catalog
        self._product_id = c.text(shop.catalog.product_id)
        self._product_name = c.text([c.quoted(name) for name in shop.catalog.name])
        self._user_id = c.text(self.user_ids())
        self._countries = c.text(list(COUNTRIES))
        self._events_before = 0

    def lines(self, day: Day) -> dict[str, c.Text]:
        return {
            "events": self._events(day, day.events),
            "order_lines": self._order_lines(concat_lines([day.sales, day.returns])),
            "products": self._products(day),
            "customers": self._customer_lines(day),
        }

    def user_ids(self) -> list[str]:
        return [f"u{number:06d}" for number in range(FIRST_USER["shop"], FIRST_USER["shop"] + len(self._customers))]

    def session_ids(self, session: IntArray) -> list[str]:
        return list(c.numbered("s", session, 9).to_pylist())

    def order_ids(self, order: IntArray) -> list[str]:
        return list(c.numbered("o", order, 8).to_pylist())

    def _events(self, day: Day, events: Events) -> c.Text:
        number = self._events_before + np.arange(1, len(events) + 1)
        self._events_before += len(events)
        distinct, user, row = sessions_of(events.session, events.user)
        tail = c.concat(self._users(user), ",", c.numbered("s", distinct, 9))
        units = c.text(["", *(str(quantity) for quantity in range(1, 10))])
        return c.lines(
            c.numbered("e", number, 10),
            c.concat(f"{self._plan.date(day.number)}T", c.clock(events.second), "Z"),
            c.text(list(EVENT_TYPES)).take(pa.array(events.kind)),
            self._product_id.take(pa.array(events.product)),
            units.take(pa.array(events.quantity)),
            c.money(day.price).take(pa.array(events.product)),
            tail.take(pa.array(row)),
        )

    def _order_lines(self, lines: Lines) -> c.Text:
        lines = lines.take(np.argsort(lines.second, kind="stable"))
        is_return = lines.quantity < 0
        number = c.numbered("o", lines.order, 8)
        suffix = c.concat("-R", c.integers(lines.line))
        flag = pa.array(is_return)
        session = c.numbered("s", lines.session, 9)
        return c.lines(
            c.concat(number, pc.if_else(flag, suffix, "")),
            c.integers(lines.line),
            c.instants(lines.second, first=self._plan.start, between="T", after="Z"),
            c.text(["sale", "return"]).take(pa.array(is_return.astype(np.int64))),
            self._product_id.take(pa.array(lines.product)),
            self._product_name.take(pa.array(lines.product)),
            c.integers(lines.quantity),
            c.money(lines.price),
            self._users(lines.user),
            self._country(lines),
            pc.if_else(flag, "", session),
        )

    def _products(self, day: Day) -> c.Text:
        who, catalog = day.changed_products, self._catalog
        rows = pa.array(who)
        return c.lines(
            self._product_id.take(rows),
            self._product_name.take(rows),
            c.text(catalog.category_id).take(rows),
            c.text(catalog.category).take(rows),
            c.text(catalog.brand).take(rows),
            c.money(day.price[who]),
            c.money(catalog.cost[who]),
            c.integers(day.stock[who]),
            c.instants(who * 0 + day.number * DAY, first=self._plan.start, between="T", after="Z"),
        )

    def _customer_lines(self, day: Day) -> c.Text:
        who = day.exported_customers
        return c.lines(
            self._user_id.take(pa.array(who)),
            self._countries.take(pa.array(self._customers.country[who])),
            c.instants(self._customers.registered_at[who], first=self._plan.start, between="T", after="Z"),
            c.instants(day.exported_at, first=self._plan.start, between="T", after="Z"),
        )

    def _users(self, user: IntArray) -> c.Text:
        """Ids; empty for guests."""
        return pc.if_else(pa.array(user == NOBODY), "", self._user_id.take(pa.array(np.maximum(user, 0))))

    def _country(self, lines: Lines) -> c.Text:
        """The customer's country today; a guest's is derived from the order."""
        country = np.where(lines.user == NOBODY, lines.order % len(COUNTRIES), self._customers.country[lines.user])
        return self._countries.take(pa.array(country))
