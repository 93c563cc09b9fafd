"""A sale dated in the future enters the marts on its day, although no file has arrived since."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from glue_jobs.lib.curated import mart_builder
from glue_jobs.lib.lake.context import Lake
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")


class Clock(datetime):
    """The clock of the marts; the tests set its day."""

    day: date

    @classmethod
    def now(cls, tz=None):
        return datetime.combine(cls.day, datetime.min.time(), tz)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    select = Lake.select

    def on_the_day(self: Lake, sql: str, inputs: dict[str, DataFrame], *, where: str) -> DataFrame:
        return select(self, sql.replace("current_date()", f"date'{Clock.day}'"), inputs, where=where)

    monkeypatch.setattr(Lake, "select", on_the_day)
    monkeypatch.setattr(mart_builder, "datetime", Clock)
    return Clock


@pytest.mark.full
def test_a_sale_of_a_later_day_counts_from_that_day(spark: SparkSession, lake_root: Path, clock: type[Clock]) -> None:
    # GIVEN a shop with a sale of today, whose marts were built two days ago
    today = datetime.now(UTC).date()
    shop = Shop(spark, lake_root, "future", only_marts=("fct_order_items", "fct_product_activity", "dim_date", "order_gaps"))
    lines = [event(f"{day} 00:00:00", "purchase", "p1", session=f"s{day}") for day in (today - timedelta(days=40), today)]
    shop.put("rees46", "events", "0.csv", [REES46_HEADER, *lines])
    clock.day = today - timedelta(days=2)
    shop.conform("rees46")
    shop.build("rees46")
    assert [row[0] for row in shop.rows("fct_order_items", "line_type")] == ["future", "sale"]
    assert shop.rows("order_gaps", "gap_days") == []
    # WHEN they are built yesterday
    clock.day = today - timedelta(days=1)
    # THEN the sale is still to come; events may be of a day ahead, which a shop east of Greenwich has
    assert {account.table for account in shop.build("rees46").accounts} == {"fct_product_activity", "dim_date"}
    # WHEN they are built today
    clock.day = today
    shop.build("rees46")
    # THEN
    assert [row[0] for row in shop.rows("fct_order_items", "line_type")] == ["sale", "sale"]
    assert shop.rows("order_gaps", "gap_days") == [(40,)]
    assert max(shop.rows("dim_date", "date")) == (f"{today}",)
    # AND once only
    assert shop.build("rees46").accounts == ()
    # WHEN the clock was ahead and is right again
    clock.day = today - timedelta(days=1)
    shop.build("rees46")
    # THEN
    assert [row[0] for row in shop.rows("fct_order_items", "line_type")] == ["future", "sale"]


def test_conform_counts_sales_after_the_run(spark: SparkSession, lake_root: Path) -> None:
    shop = Shop(spark, lake_root, "warned")
    shop.put("rees46", "events", "0.csv", [REES46_HEADER, event("2062-10-07 10:00:00", "purchase", "p1")])
    accounts = {account.table: account for account in shop.conform("rees46").accounts}
    assert accounts["order_items"].warnings_by_rule == {"ordered_at_in_the_past": 1}
    assert accounts["order_items"].processed == 1
