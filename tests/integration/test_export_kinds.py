"""Snapshots, lookups and filters by lookup: what a delivery replaces, and what a file that is only looked up loses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts.errors import SourceError
from glue_jobs.lib.conform.plan import _are_parts
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

SOURCE = """
title: orders with heads
files:
  lines:
    glob: ["lines*"]
    records: products
    load: snapshot
    columns: {id: {}, head: {}}
    leave_out: [{rule: cancelled, where: status = 'cancelled', why: nothing was sold}]
  heads:
    glob: ["heads*"]
    columns: {head_id: {}, status: {}, at: {type: timestamp, formats: ["yyyy-MM-dd"]}}
"""
SELECT = """
select raw_lines._record, id as product_id, status as product_name, cast(null as string) as category_id,
  cast(null as string) as category, cast(null as string) as brand, cast(null as decimal(18, 4)) as list_price,
  cast(null as decimal(18, 4)) as unit_cost, cast(null as bigint) as stock, cast(_ingest_date as timestamp) as observed_at, status
from raw_lines left join (select head_id, status from raw_heads) on head = head_id
"""


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    folder = lake_root / "kinds" / "t"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.yaml").write_text(SOURCE)
    (folder / "products.sql").write_text(SELECT)
    return Shop(spark, lake_root, "kinds", sources=folder.parent)


@pytest.mark.full
def test_lookups_are_in_the_account_and_may_filter_records(shop: Shop) -> None:
    # GIVEN heads of which one is cancelled and one cannot be read, and two snapshots of lines of one day
    shop.put("t", "heads", "heads.csv", ["head_id,status,at", "1,paid,2024-05-01", "2,cancelled,2024-05-01", "3,paid,soon"])
    old = shop.put("t", "lines", "lines-b.csv", ["id,head", "old,1"])
    new = shop.put("t", "lines", "lines-a.csv", ["id,head", "a,1", "b,2", "c,3"])
    os.utime(old, (new.stat().st_mtime - 60, new.stat().st_mtime - 60))
    # WHEN
    result = shop.conform("t")
    # THEN the later snapshot replaces the other
    assert shop.rows("products", "product_id", "product_name") == [("a", "paid"), ("c", None)]
    assert any("lines-b.csv: lines-a.csv of the same day is a later snapshot" in notice for notice in result.notices)
    # AND what is filtered or lost in the lookup is counted
    accounts = {one.table: (one.read, one.processed, one.quarantined, dict(one.filtered_by_rule)) for one in result.accounts}
    assert accounts == {
        "products": (3, 2, 0, {"cancelled": 1}),
        "raw_lines": (3, 3, 0, {}),
        "raw_heads": (3, 2, 1, {}),
    }
    assert shop.rows("quarantine", "table_name", "file_kind", "line_number", "rules", "raw_text") == [
        (None, "heads", 4, ["at_not_timestamp"], "3,paid,soon")
    ]


@pytest.mark.full
def test_parts_of_a_snapshot_must_be_declared(shop: Shop) -> None:
    shop.put("t", "heads", "heads.csv", ["head_id,status,at"])
    shop.put("t", "lines", "lines-1.csv", ["id,head", "a,1"])
    shop.put("t", "lines", "lines-2.csv", ["id,head", "b,1"])
    with pytest.raises(SourceError, match=r"lines-1\.csv, lines-2\.csv, .* look like parts of one snapshot; write `parts: true`"):
        shop.conform("t")
    source = shop.sources / "t" / "source.yaml"
    source.write_text(SOURCE.replace("load: snapshot", "load: snapshot\n    parts: true"))
    shop.conform("t")
    assert shop.rows("products", "product_id") == [("a",), ("b",)]


@pytest.mark.full
@pytest.mark.parametrize(
    "header",
    ["head,id", '"HEAD"; "Id"', "new,id,head"],
)
def test_a_header_with_another_order_of_columns_in_mid_file_stops_the_run(shop: Shop, header: str) -> None:
    source, delimiter = shop.sources / "t" / "source.yaml", ";" if ";" in header else ","
    source.write_text(SOURCE.replace("load: snapshot", f"delimiter: '{delimiter}'"))
    shop.put("t", "heads", "heads.csv", ["head_id,status,at"])
    shop.put("t", "lines", "lines.csv", [f"id{delimiter}head", f"a{delimiter}id", header, f"1{delimiter}b"])
    with pytest.raises(
        SourceError, match=r"lines\.csv: 1 lines within the file are headers with other columns .* Split the file"
    ):
        shop.conform("t")


def test_equal_lines_of_a_file_are_rows_of_their_own_and_those_of_a_later_export_are_not(
    spark: SparkSession, lake_root: Path
) -> None:
    # GIVEN a source without line numbers: an invoice with two equal lines, and an export that repeats it and goes on
    shop = Shop(spark, lake_root, "equal")
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    mug, tea = "1,A,Mug,1,2010-12-01 08:26:00,2.50,7,UK", "1,B,Tea,1,2010-12-01 08:26:00,3.00,7,UK"
    shop.put("uci_online_retail", "invoices", "a.csv", [header, mug, tea, mug.replace("7,UK", "7.0,UK")])
    shop.put("uci_online_retail", "invoices", "b.csv", [header, tea, mug, mug, mug], day="2026-01-08")
    result = shop.conform("uci_online_retail")
    assert [row[0] for row in shop.rows("order_items", "product_id")] == ["A", "A", "A", "B"]
    account = next(one for one in result.accounts if one.table == "order_items")
    assert (account.read, account.processed, account.deduplicated) == (7, 4, 3)


@pytest.mark.parametrize(
    ("names", "are_parts"),
    [
        (["users-1.csv", "users-2.csv"], True),
        (["part-00000.csv.gz", "part-00001.csv.gz", "part-00002.csv.gz"], True),
        (["users-1of2.csv", "users-2of2.csv"], True),
        (["users-0900.csv", "users-1000.csv"], False),
        (["users.csv", "users-1.csv"], False),
        (["users-a.csv", "users-b.csv"], False),
        (["users-1.csv"], False),
    ],
)
def test_names_that_count_are_parts(names: list[str], *, are_parts: bool) -> None:
    assert _are_parts(names) is are_parts
