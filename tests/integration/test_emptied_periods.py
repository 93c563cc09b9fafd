"""A period that loses all its rows is empty in every table that follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.usefixtures("interpreted"), pytest.mark.full]


@pytest.mark.parametrize("grain", ["day", "month"])
def test_marts_of_derived_tables_lose_the_rows_of_an_emptied_period(spark: SparkSession, lake_root: Path, grain: str) -> None:
    # GIVEN a sale in each of two periods
    shop = Shop(spark, lake_root, f"emptied-{grain}", grain=grain, only_marts=("fct_order_items",))
    for month in (10, 11):
        sale = event(f"2019-{month}-04 12:00:00", "purchase", f"p{month}", session=f"s{month}")
        shop.put("rees46", "events", f"{month}.csv", [REES46_HEADER, sale])
    shop.conform("rees46")
    shop.build("rees46")
    assert shop.rows("fct_order_items", "product_id") == [("p10",), ("p11",)]
    # WHEN the file of the second is replaced by one without events
    shop.put("rees46", "events", "11.csv", [REES46_HEADER])
    shop.conform("rees46")
    shop.build("rees46")
    # THEN order lines, which come from events, have lost that sale, and so has the mart that reads them
    assert shop.rows("order_items", "product_id") == [("p10",)]
    assert shop.rows("fct_order_items", "product_id") == [("p10",)]
    assert shop.differences(source="rees46") == []
