"""Ready-made sources load their samples: every line, amount and time by hand, and every record accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contracts import load
from glue_jobs.lib.source_definition.source_loader import load_source
from glue_jobs.source_check import problems_of
from offline.source_draft.from_template import from_template, samples, template_names
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

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


SPRING, LATER = "2025-03-30 22:30:00", "2025-03-30 10:00:00"
GA4_SESSION, GA4_TIME = "9.1.1743375600", "2025-03-30 23:00:0"
EXPECTED = {
    "ga4_bigquery": Expected(
        currency=None,
        tables={
            "events": (
                EVENTS,
                [
                    (
                        "9.1-1743375600123456-page_view-7-1",
                        f"{GA4_TIME}0.123456",
                        "page",
                        None,
                        None,
                        None,
                        "9.1",
                        GA4_SESSION,
                        None,
                    ),
                    (
                        "9.1-1743375601000000-view_item-8-1",
                        f"{GA4_TIME}1",
                        "view",
                        "MUG-1",
                        "15.5000",
                        1,
                        "9.1",
                        GA4_SESSION,
                        None,
                    ),
                    (
                        "9.1-1743375602000000-purchase-9-1",
                        f"{GA4_TIME}2",
                        "purchase",
                        "MUG-1",
                        "15.5000",
                        2,
                        "ann",
                        GA4_SESSION,
                        "1001",
                    ),
                    (
                        "9.1-1743375602000000-purchase-9-2",
                        f"{GA4_TIME}2",
                        "purchase",
                        "Tea",
                        "20.1000",
                        1,
                        "ann",
                        GA4_SESSION,
                        "1001",
                    ),
                    ("1743375605000000-page_view-12-1", f"{GA4_TIME}5", "page", None, None, None, None, None, None),
                ],
            ),
            "products": (
                ("product_id", "brand", "category", "list_price"),
                [("MUG-1", "Acme", "Kitchen/Mugs", "15.5000"), ("Tea", None, None, "20.1000")],
            ),
            "quarantine": (("line_number", "rules"), [(5, ["product_known"])]),
        },
        account={"raw_events": (9, 8, 0, 0), "events": (8, 5, 1, 2)},
        filtered={"raw_events": {"not_shop": 1}},
    ),
    "shopify_orders": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("#1001/1", "sale", "product", "MUG-1", 2, "15.0000", "30.0000", "EUR", SPRING),
                    ("#1001/2", "sale", "product", "Tea", 1, "20.0000", "20.0000", "EUR", SPRING),
                    ("#1001/2/discount", "sale", "discount", "Tea", -1, "1.0000", "-1.0000", "EUR", SPRING),
                    ("#1001/3", "sale", "product", "Tea", 1, "20.0000", "20.0000", "EUR", SPRING),
                    ("#1001/3/discount", "sale", "discount", "Tea", -1, "20.0000", "-20.0000", "EUR", SPRING),
                    ("#1001/discount", "sale", "discount", "discount", -1, "2.0000", "-2.0000", "EUR", SPRING),
                    ("#1001/included_tax", "sale", "adjustment", "included_tax", -1, "8.2900", "-8.2900", "EUR", SPRING),
                    ("#1001/shipping", "sale", "shipping", "shipping", 1, "4.9000", "4.9000", "EUR", SPRING),
                    ("#1002/1", "sale", "product", "CUP", 3, "10.0000", "30.0000", "EUR", LATER),
                    ("#1002/refund", "return", "adjustment", "refund", -1, "10.0000", "-10.0000", "EUR", LATER),
                ],
            ),
            # 51.90 − 8.29 tax; 35.70 − 5.70 tax − 10.00 refund without tax
            "orders": (
                ("order_id", "amount", "country", "order_date"),
                [("#1001", "43.6100", "DE", "2025-03-31"), ("#1002", "20.0000", "CH", "2025-03-30")],
            ),
            "products": (
                ("product_id", "product_name", "list_price"),
                [("CUP", 'Cup 5"', "10.0000"), ("MUG-1", "Mug, blue ☕", "15.0000"), ("Tea", "Tea", "20.0000")],
            ),
        },
        account={"raw_orders": (17, 17, 0, 0), "order_items": (17, 10, 0, 0)},
        filtered={
            "order_items": {"cancelled": 3, "not_paid": 1, "other_currency": 1, "shipping_discount": 1, "test_order": 1},
        },
    ),
}


@pytest.fixture(scope="module")
def shop(spark: SparkSession, lake_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(spark, lake_root, "templates", sources=tmp_path_factory.mktemp("sources"))


@pytest.mark.parametrize(
    "template", [pytest.param(name, marks=[] if name == "shopify_orders" else pytest.mark.full) for name in template_names()]
)
def test_a_sample_is_loaded_to_the_cent(template: str, shop: Shop) -> None:
    # GIVEN a source folder with no change but its settings
    expected = EXPECTED[template]
    assert shop.sources is not None
    from_template(shop.sources / template, template, timezone=expected.timezone, currency=expected.currency)
    assert problems_of(shop.spark, shop.sources / template) == []
    source = load_source(shop.sources, template)
    for file in samples(template):
        shop.put(template, source.kind_of(file.name).name, file.name, file.read_bytes())
    # WHEN
    result = shop.conform(template)
    # THEN
    accounts = {account.table: account for account in result.accounts}
    for table, counts in expected.account.items():
        account = accounts[table]
        assert (account.read, account.processed, account.quarantined, account.deduplicated) == counts
        assert account.filtered_by_rule == expected.filtered.get(table, {})
    for table, (columns, rows) in expected.tables.items():
        assert {table: rows_of(shop, template, table, columns)} == {table: sorted(rows, key=repr)}


def rows_of(shop: Shop, source: str, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    assert "source" in load(table).names
    return [row[1:] for row in shop.rows(table, "source", *columns) if row[0] == source]
