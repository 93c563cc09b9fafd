"""Layout `rees46`: the nine columns of REES46, one row per event, no other files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from offline.generator import columns as c
from offline.generator.behavior import NOBODY
from offline.generator.customers import FIRST_USER, FIRST_VISITOR
from offline.generator.events import EVENT_TYPES
from offline.generator.layouts import FileKind, sessions_of
from offline.generator.plan import IntArray, Plan
from offline.generator.shop import Day, ShopSimulation


class Rees46:
    """`event_time,event_type,product_id,…`. A guest has a user_id that is used for one session only."""

    kinds = (
        FileKind(
            name="events",
            columns=(
                "event_time",
                "event_type",
                "product_id",
                "category_id",
                "category_code",
                "brand",
                "price",
                "user_id",
                "user_session",
            ),
            sample=(
                "{date} {clock} UTC",
                "view",
                "{product}",
                "2053013555631882655",
                "electronics.smartphone",
                "samsung",
                "249.99",
                "9{n:08d}",
                "bad00000-0000-4000-8000-{n:012d}",
            ),
            time="event_time",
            text="brand",
            price="price",
            type="event_type",
            product="product_id",
        ),
    )

    def __init__(self, plan: Plan, shop: ShopSimulation) -> None:
        self._plan = plan
        catalog = shop.catalog
        self._users = FIRST_USER["rees46"] + np.arange(len(shop.customers))
        self._products = c.concat(*_comma_separated(catalog.product_id, catalog.category_id, catalog.category, catalog.brand))

    def lines(self, day: Day) -> dict[str, c.Text]:
        events = day.events
        distinct, user, row = sessions_of(events.session, events.user)
        visitor = np.where(user == NOBODY, FIRST_VISITOR + distinct, self._users[user])
        tail = c.concat(c.integers(visitor), ",", c.uuids(distinct, seed=self._plan.seed), "\n")
        product = c.concat(self._products, c.money(day.price), ",")
        kind = c.text([f" UTC,{name}," for name in EVENT_TYPES])
        return {
            "events": c.concat(
                f"{self._plan.date(day.number)} ",
                c.clock(events.second),
                kind.take(pa.array(events.kind)),
                product.take(pa.array(events.product)),
                tail.take(pa.array(row)),
            )
        }

    def user_ids(self) -> list[str]:
        return [str(number) for number in self._users]

    def session_ids(self, session: IntArray) -> list[str]:
        return list(c.uuids(session, seed=self._plan.seed).to_pylist())

    def order_ids(self, _order: IntArray, /) -> list[str]:
        return []


def _comma_separated(*cells: list[str]) -> list[c.Text]:
    """The cells, each followed by a comma."""
    return [part for cell in cells for part in (c.text(cell), ",")]
