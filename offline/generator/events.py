"""Events and order lines as columns, the input of both layouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from offline.generator.plan import BoolArray, IntArray

VIEW, CART, REMOVE, PURCHASE = range(4)
EVENT_TYPES = ("view", "cart", "remove_from_cart", "purchase")


@dataclass(frozen=True)
class Events:
    """Columns of equal length, in output order. `second` counts from the first midnight."""

    second: IntArray
    kind: IntArray
    product: IntArray
    quantity: IntArray  # 0 for a view
    user: IntArray  # NOBODY for a guest
    session: IntArray

    def __len__(self) -> int:
        return len(self.second)

    def take(self, rows: IntArray | BoolArray) -> Events:
        return Events(*(getattr(self, field.name)[rows] for field in fields(self)))


def no_events() -> Events:
    return Events(*(np.empty(0, dtype=np.int64) for _ in fields(Events)))


def concat_events(parts: Sequence[Events]) -> Events:
    return Events(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Events)))


@dataclass(frozen=True)
class Lines:
    """Order lines as columns, in time order. A return has a negative quantity and the order number of its sale."""

    second: IntArray
    order: IntArray
    line: IntArray
    product: IntArray
    quantity: IntArray
    price: IntArray  # cents
    user: IntArray
    session: IntArray

    def __len__(self) -> int:
        return len(self.second)

    def take(self, rows: IntArray | BoolArray) -> Lines:
        return Lines(*(getattr(self, field.name)[rows] for field in fields(self)))


def concat_lines(parts: Sequence[Lines]) -> Lines:
    return Lines(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Lines)))


def no_lines() -> Lines:
    return Lines(*(np.empty(0, dtype=np.int64) for _ in fields(Lines)))


def sale_lines(events: Events, *, price: IntArray, orders_before: int) -> Lines:
    """One line per purchase event. A session buys once, in one second, so its purchases are consecutive."""
    bought = events.take(events.kind == PURCHASE)
    starts = np.diff(bought.session, prepend=-1) != 0
    order = np.cumsum(starts)
    line = np.arange(len(bought)) - np.flatnonzero(starts)[order - 1] + 1 if len(bought) else order
    return Lines(
        second=bought.second,
        order=orders_before + order,
        line=line,
        product=bought.product,
        quantity=bought.quantity,
        price=price[bought.product],
        user=bought.user,
        session=bought.session,
    )
