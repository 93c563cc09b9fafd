"""A source has one currency: amounts in two are never added up, whichever way they arrive."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts.errors import SourceError
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

SOURCE = """
title: lines
files:
  lines:
    glob: ["lines*"]
    records: order_items
    newest: {of: id, by: version}
    columns: {id: {}, money: {}, at: {type: timestamp, formats: ["yyyy-MM-dd"]}, version: {type: int}}
"""
SELECT = """
select _record, id as order_item_id, id as order_id, 'sale' as line_type, 'product' as item_kind, 'a' as product_id,
  cast(null as string) as product_name, 1 as quantity, cast(1 as decimal(18, 4)) as unit_price,
  cast(1 as decimal(18, 4)) as amount, money as currency, cast(null as string) as customer_id, cast(null as string) as country,
  cast(null as string) as session_id, at as ordered_at, cast(at as date) as order_date
from raw_lines
"""
HEADER = "id,money,at,version"


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    folder = lake_root / "currencies" / "t"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.yaml").write_text(SOURCE)
    (folder / "order_items.sql").write_text(SELECT)
    return Shop(spark, lake_root, "currencies", sources=folder.parent)


@pytest.mark.full
def test_a_second_currency_stops_the_run_also_in_another_month(shop: Shop) -> None:
    # GIVEN rows without a currency, an old version and a bad row in another one
    first = [HEADER, "1,EUR,2024-05-01,1", "2,,2024-05-01,1", "3,USD,2024-05-01,1", "3,EUR,2024-05-02,2", "4,USD,soon,1"]
    shop.put("t", "lines", "lines-1.csv", first)
    shop.conform("t")
    assert shop.rows("order_items", "order_item_id", "currency") == [("1", "EUR"), ("2", None), ("3", "EUR")]
    # WHEN the next month has yen only
    yen = shop.put("t", "lines", "lines-2.csv", [HEADER, "5,JPY,2024-06-01,1", "6,JPY,2024-06-02,1"])
    with pytest.raises(SourceError) as refusal:
        shop.conform("t")
    # THEN
    assert str(refusal.value).startswith(
        "t.order_items: has several values of currency: JPY (2 rows, such as 5), EUR (loaded before); a source has one currency"
    )
    assert len(shop.rows("order_items")) == 3
    # AND a rule that filters them is a remedy
    rule = "leave_out: [{rule: yen, where: currency = 'JPY', why: A source has one currency.}]"
    (Path(str(shop.sources)) / "t" / "source.yaml").write_text(f"{SOURCE}    {rule}\n")
    shop.conform("t")
    assert len(shop.rows("order_items")) == 3
    yen.unlink()


def test_two_currencies_in_one_file_are_named(shop: Shop) -> None:
    shop.put("t", "lines", "lines.csv", [HEADER, "1,EUR,2024-05-01,1", "2,JPY,2024-06-01,1"])
    with pytest.raises(SourceError, match=r"EUR \(1 rows, such as 1\), JPY \(1 rows, such as 2\); .* `leave_out`"):
        shop.conform("t")
    assert shop.rows("order_items") == []
