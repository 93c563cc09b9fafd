"""What an expected sample is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINES = ("order_item_id", "line_type", "item_kind", "product_id", "quantity", "unit_price", "amount", "currency", "ordered_at")
EVENTS = ("event_id", "event_time", "event_type", "product_id", "price", "quantity", "user_id", "session_id", "order_id")


@dataclass(frozen=True)
class Expected:
    """What must come of a template's sample.

    `tables` has by table the columns and their rows; `account` by table how many records were read, processed, in quarantine and
    deduplicated; `filtered` how many each rule filtered.
    """

    tables: Mapping[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]
    account: Mapping[str, tuple[int, int, int, int]]
    filtered: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    timezone: str = "Europe/Berlin"
    currency: str | None = "EUR"
    template: str | None = None


SPRING = "2025-03-30 22:30:00"
