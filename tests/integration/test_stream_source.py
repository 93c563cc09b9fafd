"""The source `stream`: what the API accepted, delivered at least once, in the same tables as every other source."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")


def line(event_id: str, event_type: str, time: str, **fields: Any) -> dict[str, Any]:
    stamps = {"event_time": f"2026-11-{time}.000000Z", "received_at": f"2026-11-{time}.250000Z"}
    return {"event_id": event_id, "event_type": event_type, **stamps, "contract_version": "1.1", "key": "publishable", **fields}


def deliver(shop: Shop, name: str, *lines: dict[str, Any], day: str = "2026-11-26") -> None:
    """One object of Firehose: the records behind one another, each with its own line breaks."""
    text = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines)
    shop.put("stream", "events", f"shoplake-dev-events-1-{name}.gz", gzip.compress(text.encode()), day=day)


VIEW = line(
    "v1", "view", "26T10:00:00", user_id="ann", session_id="s1", product_id="mug", price="12.50", category="kitchen > mugs"
)
SEARCH = line("q1", "search", "26T10:01:00", user_id="ann", session_id="s1", search_text="red mug")
CART = line("c1", "cart", "26T10:02:00", user_id="ann", session_id="s1", product_id="mug", price="12.50", quantity=2)
ITEMS = [{"product_id": "mug", "quantity": 2, "price": "12.50"}, {"product_id": "pot", "quantity": 1, "price": "30.00"}]
PURCHASE = line("p1", "purchase", "26T10:05:00", user_id="ann", session_id="s1", order_id="o1", items=ITEMS)


@pytest.fixture(scope="module")
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    shop = Shop(spark, lake_root, "stream")
    deliver(shop, "2026-11-26-10-00-00-a", VIEW, SEARCH, CART, PURCHASE)
    # Firehose delivers a record again, in an object that begins before midnight and ends after it.
    later = line("v2", "view", "27T00:03:00", session_id="s2", product_id="pot", campaign="newsletter")
    deliver(shop, "2026-11-26-23-55-00-b", PURCHASE, later)
    stock = line("k1", "stock", "27T06:00:00", product_id="mug", quantity=7, key="server")
    order = line("r1", "order", "27T09:00:00", user_id="bob", order_id="o2", items=ITEMS[1:], key="server")
    # The page reports the order as well, from another device's session.
    page = line("p2", "purchase", "27T09:00:03", user_id="bob", session_id="s3", order_id="o2", items=ITEMS[1:])
    refund = line("r2", "refund", "28T12:00:00", user_id="ann", order_id="o1", items=ITEMS[:1], key="server")
    goodwill = line("r3", "refund", "28T12:05:00", user_id="bob", order_id="o2", price="5.00", key="server")
    deliver(shop, "2026-11-27-00-10-00-c", stock, order, page, refund, goodwill, day="2026-11-27")
    shop.conform("stream")
    return shop


def test_every_event_arrives_once_however_often_it_is_delivered(shop: Shop) -> None:
    assert shop.rows("events", "event_id", "event_type", "product_id", "price", "quantity", "order_id") == [
        ("c1", "cart", "mug", "12.5000", 2, None),
        ("k1", "stock", "mug", None, 7, None),
        ("p1/1", "purchase", "mug", "12.5000", 2, "o1"),
        ("p1/2", "purchase", "pot", "30.0000", 1, "o1"),
        ("p2/1", "purchase", "pot", "30.0000", 1, "o2"),
        ("q1", "search", None, None, None, None),
        ("r1/1", "order", "pot", "30.0000", 1, "o2"),
        ("r2/1", "refund", "mug", "12.5000", 2, "o1"),
        ("r3", "refund", None, "5.0000", None, "o2"),
        ("v1", "view", "mug", "12.5000", None, None),
        ("v2", "view", "pot", None, None, None),
    ]
    assert shop.rows("quarantine", "raw_text", "rules") == []


def test_an_order_that_page_and_server_report_is_sold_once(shop: Shop) -> None:
    assert shop.rows(
        "order_items", "order_item_id", "order_id", "line_type", "item_kind", "product_id", "quantity", "amount"
    ) == [
        ("p1/1", "o1", "sale", "product", "mug", 2, "25.0000"),
        ("p1/2", "o1", "sale", "product", "pot", 1, "30.0000"),
        ("r1/1", "o2", "sale", "product", "pot", 1, "30.0000"),
        ("r2/1", "o1", "return", "product", "mug", -2, "-25.0000"),
        ("r3", "o2", "return", "adjustment", "REFUND", -1, "-5.0000"),
    ]
    assert shop.rows("orders", "order_id", "customer_id", "amount") == [("o1", "ann", "30.0000"), ("o2", "bob", "25.0000")]
    assert shop.rows("products", "product_id", "category", "list_price", "stock") == [
        ("mug", "kitchen > mugs", "12.5000", 7),
        ("pot", None, "30.0000", None),
    ]


@pytest.mark.full
def test_what_servers_report_belongs_to_no_session(shop: Shop) -> None:
    shop.build("stream")
    assert shop.rows("fct_sessions", "session_id", "events", "pages", "purchases", "has_purchase") == [
        ("s1", 5, 1, 2, True),
        ("s2", 1, 0, 0, False),
        ("s3", 1, 0, 1, True),
    ]


@pytest.mark.full
def test_a_line_that_is_no_event_is_in_quarantine(spark: SparkSession, lake_root: Path) -> None:
    shop = Shop(spark, lake_root, "stream_rejects")
    nameless = line("x1", "view", "26T10:00:00")
    early = line("x2", "purchase", "26T10:00:00", items=[{"product_id": "mug", "quantity": "two", "price": "1.00"}])
    deliver(shop, "2026-11-26-10-00-00-a", nameless, early, VIEW)
    shop.conform("stream")
    assert shop.rows("events", "event_id") == [("v1",)]
    assert sorted(rules for _, rules in shop.rows("quarantine", "raw_text", "rules")) == [
        ["items.quantity_not_int"],
        ["product_known"],
    ]
