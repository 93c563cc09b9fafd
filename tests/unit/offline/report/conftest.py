"""A lake of a few curated rows, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from offline.lake.local_lake import LocalLake
from tests.support.lazy import lazy
from tests.support.tables import write_rows

shop_report = lazy("offline.report.shop_report")

Put = Callable[[str, Sequence[Mapping[str, Any]]], None]


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    return LocalLake(tmp_path / "lake")


@pytest.fixture
def put(lake: LocalLake) -> Put:
    """Writes rows of source `tiny` into a table."""
    return lambda table, rows: write_rows(lake.folders, table, rows)


DAYS = [date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 13)]
# Sold 100, 50 and 20, of which 10 came back: 160 in three orders, one of them on two days, and a gift.
SALES = [
    {"date": day, "orders": 9, "units": units, "gross_amount": gross, "returned_amount": back, "net_amount": gross - back}
    | {"discount_amount": 0}
    for day, units, gross, back in zip(DAYS, (2, 1, 1), (100, 50, 20), (0, 0, 10), strict=True)
]
LINES = [
    {"order_item_id": f"{number}", "order_id": order, "order_date": day, "gross_amount": gross, "line_type": "sale"}
    | {"item_kind": "product", "currency": "GBP", "ordered_at": datetime(2025, 1, 6)}
    for number, (order, day, gross) in enumerate(
        [("o1", DAYS[0], 90), ("o1", DAYS[1], 10), ("o2", DAYS[1], 50), ("o3", DAYS[2], 20), ("gift", DAYS[2], 0)]
    )
]
# Three of 40 sessions bought; only two of them took every step of the funnel.
SESSIONS = [
    {"session_id": f"s{number}", "started_at": datetime(2025, 1, 6), "events": 2, "duration_seconds": 60, "carts": 0}
    | {"has_purchase": number < 3}
    for number in range(40)
]
# One of two customers ordered again; there is no top tenth of two customers.
CUSTOMERS = [
    {"customer_id": "c<1>", "country": "Malta", "orders": 2, "net_amount": 140, "last_order_date": DAYS[2]},
    {"customer_id": "c2", "orders": 1, "net_amount": 20, "last_order_date": DAYS[1]},
]
CATEGORIES = [
    {
        "level": "category",
        "category": "tea & more",
        "products": 2,
        "views": 50,
        "carts": 9,
        "purchases": 5,
        "orders": 2,
        "units": 3,
        "net_amount": 120,
    },
    {
        "level": "category",
        "category": "(none)",
        "products": 1,
        "views": 10,
        "carts": 1,
        "purchases": 0,
        "orders": 1,
        "units": 1,
        "net_amount": 40,
    },
]
LEVELS = ("category", "top_category")
FUNNEL = [
    {"date": DAYS[0], "sessions": 30, "reached_view": 20, "reached_cart": 8, "reached_purchase": 2},
    {"date": DAYS[1], "sessions": 10, "reached_view": 5, "reached_cart": 2, "reached_purchase": 2},
]
SCORES = [
    {
        "customer_id": "c<1>",
        "as_of": DAYS[2],
        "recency_score": 5,
        "frequency_score": 5,
        "monetary_score": 4,
        "segment": "Champions",
    },
    {"customer_id": "c2", "as_of": DAYS[2], "recency_score": 1, "frequency_score": 1, "monetary_score": 1, "segment": "Lost"},
]


@pytest.fixture
def tiny(lake: LocalLake, put: Put) -> LocalLake:
    put("dim_date", [{"date": day} for day in DAYS])
    put("sales_daily", SALES)
    put("dim_customer", CUSTOMERS)
    levels = [row | {"level": level} for row in CATEGORIES for level in LEVELS]
    put("category_performance", [row | {"share_of_net": row["net_amount"] / 160} for row in levels])
    put("funnel_daily", FUNNEL)
    put("rfm", [row | {"monetary_amount": amount} for row, amount in zip(SCORES, (140, 20), strict=True)])
    put("fct_order_items", LINES)
    put("fct_sessions", SESSIONS)
    return lake


@pytest.fixture
def page(tiny: LocalLake, tmp_path: Path) -> str:
    return shop_report.write_report(tiny, "tiny", tmp_path / "out").page.read_text(encoding="utf-8")


def parsed(page: str) -> ElementTree.Element:
    """The page is also valid XML, so a strict parser can read it."""
    return ElementTree.fromstring(page.removeprefix("<!doctype html>"))
