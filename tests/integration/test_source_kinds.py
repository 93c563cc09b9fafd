"""What sources may be like: properties that change in time, trees, documents of any shape, versions, wall clocks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

EVENTS = "timestamp,visitorid,event,itemid,transactionid"
# Midnight of 1 June 2015 in UTC, and hours from there on, in milliseconds.
JUNE, HOUR = 1_433_116_800_000, 3_600_000


@pytest.mark.full
def test_an_event_has_the_price_and_category_of_its_time_also_when_it_comes_later(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN a mug that costs 10 from the first of June on, and 12, in category 7, from the second
    shop = Shop(spark, lake_root, "asof")
    changes = [f"{JUNE},mug,790,n10.000", f"{JUNE + 24 * HOUR},mug,790,n12.000", f"{JUNE + 24 * HOUR},mug,categoryid,7"]
    shop.put("retailrocket", "item_properties", "item_properties_part1.csv", ["timestamp,itemid,property,value", *changes])
    june = [f"{JUNE - HOUR},v1,view,mug,", f"{JUNE + HOUR},v1,addtocart,mug,", f"{JUNE + 25 * HOUR},v1,transaction,mug,t1"]
    shop.put("retailrocket", "events", "events.csv", [EVENTS, *june])
    shop.conform("retailrocket")
    # WHEN an event of July comes alone
    shop.put("retailrocket", "events", "events-7.csv", [EVENTS, f"{JUNE + 31 * 24 * HOUR},v1,view,mug,"], day="2026-01-02")
    shop.conform("retailrocket")
    # THEN
    assert shop.rows("events", "event_time", "event_type", "price", "category_id", "order_id") == [
        ("2015-05-31 23:00:00", "view", None, None, None),
        ("2015-06-01 01:00:00", "cart", "10.0000", None, None),
        ("2015-06-02 01:00:00", "purchase", "12.0000", "7", "t1"),
        ("2015-07-02 00:00:00", "view", "12.0000", "7", None),
    ]
    assert shop.rows("order_items", "order_id", "amount") == [("t1", "12.0000")]
    assert shop.rows("products", "product_id", "list_price", "category_id", "period") == [("mug", "12.0000", "7", "2015-06")]
    assert shop.rows("product_properties", "property", "value", "number") == [
        ("790", "n10.000", "10.0000"),
        ("790", "n12.000", "12.0000"),
        ("categoryid", "7", None),
    ]


@pytest.mark.full
def test_orphans_and_circles_of_a_tree_are_in_quarantine_with_all_below_them(spark: SparkSession, lake_root: Path) -> None:
    shop = Shop(spark, lake_root, "tree")
    tree = ["categoryid,parentid", "1,", "7,1", "8,9", "80,8", "4,5", "5,4", "40,4", "6,6"]
    shop.put("retailrocket", "category_tree", "category_tree.csv", tree)
    shop.conform("retailrocket")
    assert shop.rows("categories", "category_id", "parent_id", "root_id", "path", "depth") == [
        ("1", None, "1", "1", 1),
        ("7", "1", "1", "1 > 7", 2),
    ]
    assert shop.rows("quarantine", "raw_text", "rules") == [
        ("4,5", ["tree_without_circle"]),
        ("40,4", ["tree_without_circle"]),
        ("5,4", ["tree_without_circle"]),
        ("6,6", ["tree_without_circle"]),
        ("8,9", ["ancestors_known"]),
        ("80,8", ["ancestors_known"]),
    ]


def test_documents_of_an_unknown_shape_are_in_quarantine_with_their_place_and_reasons(
    spark: SparkSession, lake_root: Path
) -> None:
    # GIVEN users of whom one is shaped otherwise, an order with a wrong quantity, a file cut off, and one that is no array
    shop = Shop(spark, lake_root, "shapes")
    good = {"user_id": "u1", "geo_data": {"country": "DE"}, "registration_date": "2025-01-02T03:04:05"}
    strange = {"id": 5, "profile": {"mail": "a@b.example"}}
    users = json.dumps([good, strange, None, {"user_id": "u2"}], indent=2).encode()
    shop.put("multimodel", "users", "users.json.gz", gzip.compress(users))
    order = {"transaction_id": "t1", "timestamp": "2025-01-02T03:04:05", "status": "completed"}
    order["items"] = [{"product_id": "p1", "quantity": "many", "unit_price": 1.5}]
    shop.put("multimodel", "transactions", "transactions.json", json.dumps([order]).encode())
    shop.put("multimodel", "products", "products.json", b'[{"product_id": "p1", "base_price": 1')
    shop.put("multimodel", "categories", "categories.json", b'{"categories": []}')
    # WHEN
    shop.conform("multimodel")
    # THEN
    assert shop.rows("customers", "customer_id", "country", "registered_at") == [
        ("u1", "DE", "2025-01-02 03:04:05"),
        ("u2", None, None),
    ]
    quarantined = {(row[0], row[1]): row[2:] for row in shop.rows("quarantine", "table_name", "line_number", "rules", "raw_text")}
    assert quarantined["customers", 2][0] == ["customer_id_required"]
    assert json.loads(quarantined["customers", 2][1]) == strange
    assert quarantined["customers", 3] == (["malformed_record"], "null")
    assert quarantined["order_items", 1][0] == ["items.quantity_not_int"]
    assert quarantined["products", 1] == (["malformed_record"], '[{"product_id": "p1", "base_price": 1')
    assert quarantined["categories", 1][0][0] == "category_id_required"
    assert len(quarantined) == 5
