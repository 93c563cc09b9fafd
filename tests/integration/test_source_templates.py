"""Ready-made sources load their samples: every line, amount and time by hand, and every record accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contracts import load
from glue_jobs.lib.source_definition.source_loader import load_source
from glue_jobs.source_check import problems_of
from offline.source_draft.from_template import from_template, samples, template_names
from tests.support.shops import Shop
from tests.support.template_tables import EXPECTED

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.fixture(scope="module")
def shop(spark: SparkSession, lake_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(spark, lake_root, "templates", sources=tmp_path_factory.mktemp("sources"))


def test_each_template_is_expected() -> None:
    assert {expected.template or name for name, expected in EXPECTED.items()} == set(template_names())


@pytest.mark.full
@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_loaded_to_the_cent(name: str, shop: Shop) -> None:
    # GIVEN a source folder with no change but its settings
    expected = EXPECTED[name]
    template = expected.template or name
    assert shop.sources is not None
    from_template(shop.sources / name, template, timezone=expected.timezone, currency=expected.currency)
    assert problems_of(shop.spark, shop.sources / name) == []
    source = load_source(shop.sources, name)
    for file in samples(template):
        shop.put(name, source.kind_of(file.name).name, file.name, file.read_bytes())
    # WHEN
    result = shop.conform(name)
    # THEN
    accounts = {account.table: account for account in result.accounts}
    for table, counts in expected.account.items():
        account = accounts[table]
        assert (account.read, account.processed, account.quarantined, account.deduplicated) == counts
        assert account.filtered_by_rule == expected.filtered.get(table, {})
    for table, (columns, rows) in expected.tables.items():
        assert {table: rows_of(shop, name, table, columns)} == {table: sorted(rows, key=repr)}


@pytest.mark.full
def test_an_order_that_shopify_exports_again_replaces_what_was_loaded_of_it(shop: Shop) -> None:
    # GIVEN two orders, one waiting for its payment
    sources = shop.sources
    assert sources is not None
    from_template(sources / "again", "shopify_orders", timezone="UTC", currency="EUR")
    (sample,) = samples("shopify_orders")
    header = sample.read_text(encoding="utf-8").splitlines()[0]
    first = [
        {
            "Name": "#1",
            "Financial Status": "paid",
            "Subtotal": "20.00",
            "Total": "20.00",
            "Lineitem sku": "A",
            "Lineitem price": "10.00",
        },
        {"Name": "#1", "Lineitem sku": "B", "Lineitem price": "10.00"},
        {
            "Name": "#2",
            "Financial Status": "pending",
            "Subtotal": "7.00",
            "Total": "7.00",
            "Lineitem sku": "A",
            "Lineitem price": "7.00",
        },
    ]
    shop.put("again", "orders", "orders_export_1.csv", exported(header, first), day="2025-05-01")
    shop.conform("again")
    assert rows_of(shop, "again", "orders", ("order_id", "lines", "amount")) == [("#1", 2, "20.0000")]
    # WHEN one is refunded in part and the other is paid
    later = [first[0] | {"Financial Status": "partially_refunded", "Refunded Amount": "4.00"}, first[1]]
    later += [first[2] | {"Financial Status": "paid"}]
    shop.put("again", "orders", "orders_export_1 (1).csv", exported(header, later), day="2025-05-02")
    shop.conform("again")
    # THEN
    assert rows_of(shop, "again", "orders", ("order_id", "lines", "amount")) == [("#1", 3, "16.0000"), ("#2", 1, "7.0000")]


def exported(header: str, rows: list[dict[str, str]]) -> list[str]:
    """Rows as Shopify exports them: what belongs to the order is on its first row only."""
    known = {
        "Email": "a@shop.example",
        "Created at": "2025-04-30 12:00:00 +0200",
        "Lineitem quantity": "1",
        "Lineitem name": "Tea",
    }
    order = {"Currency": "EUR", "Shipping": "0.00", "Taxes": "0.00", "Discount Amount": "0.00", "Refunded Amount": "0.00"}
    full = [known | (order if "Subtotal" in row else {}) | row for row in rows]
    return [header, *(",".join(row.get(name, "") for name in header.split(",")) for row in full)]


def rows_of(shop: Shop, source: str, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    assert "source" in load(table).names
    return [row[1:] for row in shop.rows(table, "source", *columns) if row[0] == source]
