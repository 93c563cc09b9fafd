"""Rows dated in the future, by a typing error, a wrong clock or a plan, move no figure and no last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import contracts
from glue_jobs.algorithms.customer_value.purchases import product_lines, with_value
from glue_jobs.algorithms.engagement import known_events
from glue_jobs.algorithms.recommendation.interactions import interactions, latest
from glue_jobs.algorithms.segmentation.features import customer_features
from tests.support.frames import MARTS, build, rows, table

FACTS = {"fct_order_items", "fct_product_activity", "fct_sessions", "funnel_daily", "session_daily"}
LAST = date(2025, 4, 30)
COLUMNS = "order_id | customer_id | item_kind | line_type | product_id | quantity | unit_price | ordered_at"
# A sale of 2062, its discount and a return; the order o1 is one that the shop has had.
FUTURE_LINES = [
    "o1  | c1 | product  | sale   | mug | 50 | 9.00 | 2062-03-01T10:00:00Z",
    "o99 | c2 | product  | sale   | tea | 7  | 3.00 | 2062-03-01T10:00:00Z",
    "o99 | c2 | discount | sale   | tea | -1 | 2.00 | 2062-03-01T10:00:00Z",
    "o98 | c3 | product  | return | tea | -1 | 3.00 | 2062-04-01T10:00:00Z",
]
EVENTS = ["view | mug | c1 | s1 | 2025-04-01T10:00:00Z", "view | tea | c2 | s2 | 2025-04-02T10:00:00Z"]
FUTURE_EVENT = "view | mug | c1 | s9 | 2062-05-01T10:00:00Z"


def known_lines() -> list[str]:
    """Orders of five weeks and more: customer c1 buys every 5 days, c2 every 10, … c8 every 40."""
    return [
        f"o{customer}-{number} | c{customer} | product | sale | {('mug', 'tea')[number % 2]} | {customer} | 3.00 | "
        f"{LAST - timedelta(days=customer * 5 * number + customer % 5)}T10:00:00Z"
        for customer in range(1, 9)
        for number in range(120 // (customer * 5) + 1)
    ]


def forget(spark):
    for view in spark.sql("show views").collect():
        spark.catalog.dropTempView(view.viewName)


def shop(spark, *, lines=(), events=()):
    """The known lines and events, and these."""
    forget(spark)
    known = [*known_lines(), "o1 | c1 | product | sale | mug | 1 | 9.00 | 2025-04-01T09:00:00Z"]
    table(spark, "order_items", "\n".join([COLUMNS, *known, *lines]))
    columns = "event_type | product_id | user_id | session_id | event_time"
    table(spark, "events", "\n".join([columns, *EVENTS, *events]))
    table(spark, "products", "product_id | unit_cost | stock | observed_at\nmug | 1 | 3 | 2025-01-01T00:00:00Z")


@dataclass
class World:
    """A shop whose tables stay between tests: each mart is built once, and only if a selected test needs it."""

    spark: SparkSession
    lines: Sequence[str]
    tables: dict[str, DataFrame] = field(default_factory=dict)

    def rows(self, mart: str) -> list[tuple[Any, ...]]:
        if not self.tables:
            shop(self.spark, lines=self.lines)
        else:
            forget(self.spark)
        for name, frame in self.tables.items():
            frame.createOrReplaceTempView(name)
        built = self.tables.get(mart) or build(self.spark, mart)
        names = [view.viewName for view in self.spark.sql("show views").collect()]
        self.tables |= {name: self.spark.table(name) for name in names if name not in self.tables}
        return rows(built, *contracts.load(mart).names)


@pytest.fixture(scope="module")
def worlds(spark: SparkSession) -> tuple[World, World]:
    """The shop without and with lines of the future."""
    return World(spark, []), World(spark, FUTURE_LINES)


@pytest.mark.parametrize("mart", sorted({path.stem for path in MARTS.glob("*.sql")} - FACTS))
def test_lines_of_the_future_change_no_figure(worlds, mart):
    known, future = worlds
    assert future.rows(mart) == known.rows(mart) != []


def test_facts_keep_lines_of_the_future_and_say_so(spark):
    shop(spark, lines=FUTURE_LINES)
    future = build(spark, "fct_order_items").where("order_date > '2026-01-01'")
    assert rows(future, "order_id", "line_type", "quantity", "amount", "discount_amount", "net_amount") == [
        ("o1", "future", 50, "450.00", "0.00", "0.00"),
        ("o98", "future", -1, "-3.00", "0.00", "0.00"),
        ("o99", "future", -1, "-2.00", "0.00", "0.00"),
        ("o99", "future", 7, "21.00", "0.00", "0.00"),
    ]


def test_the_day_is_that_of_utc_not_of_the_shop(spark):
    # GIVEN a shop east of Greenwich, where it is already tomorrow
    today = datetime.now(UTC).date()
    order = f"9 | mug | c1 | o1 | 3.00 | {today}T00:00:00Z | {today + timedelta(days=1)}"
    table(spark, "order_items", f"quantity | product_id | customer_id | order_id | unit_price | ordered_at | order_date\n{order}")
    # THEN
    assert rows(build(spark, "product_performance"), "units", "as_of") == [(9, f"{today + timedelta(days=1)}")]
    assert rows(build(spark, "dim_date"), "date") == [(f"{today + timedelta(days=1)}",)]


def test_lines_of_today_count(spark):
    today = datetime.now(UTC).date()
    shop(spark, lines=[f"o99 | c2 | product | sale | tea | 7 | 3.00 | {today}T00:00:00Z"])
    assert rows(build(spark, "product_performance").where("product_id = 'tea'"), "as_of") == [(f"{today}",)]


@pytest.mark.parametrize("mart", ["dim_date", "dim_product"])
def test_events_of_the_future_move_no_last_day(spark, mart):
    columns = contracts.load(mart).names
    shop(spark)
    expected = rows(build(spark, mart), *columns)
    shop(spark, events=[FUTURE_EVENT])
    assert rows(build(spark, mart), *columns) == expected


def test_analyses_end_with_the_last_known_day(spark):
    # GIVEN
    shop(spark, lines=FUTURE_LINES, events=[FUTURE_EVENT])
    lines, products = build(spark, "fct_order_items"), build(spark, "dim_product")
    # WHEN
    events = known_events(spark.table("events"), build(spark, "dim_date"))
    # THEN
    *_, as_of = with_value(product_lines(lines, products))
    assert as_of == LAST
    assert latest(interactions(lines=lines, events=events)) == datetime(2025, 4, 30, 10, tzinfo=UTC)
    features = customer_features(lines=lines, events=events, products=products)
    assert {row["as_of"] for row in features.select("as_of").distinct().collect()} == {LAST}
    assert features.agg(F.max("lifetime_days")).first()[0] < 365
