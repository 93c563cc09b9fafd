"""The days on which rows begin to count: what reached_days says is what the marts' SQL does, evaluated by Spark."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlglot
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sqlglot import exp

from glue_jobs.lib.curated.reached_days import DAYS
from tests.support.frames import MARTS

pytestmark = pytest.mark.usefixtures("interpreted")

TODAY = date(2026, 3, 1)
# The marts that compare with today, and the processed table whose rows they leave out until a day.
COMPARES = {"fct_order_items": "order_items", "dim_date": "events"}


def conditions(mart: str) -> list[exp.Condition]:
    """The comparisons of a mart with the current day."""
    tree = sqlglot.parse_one((MARTS / f"{mart}.sql").read_text(encoding="utf-8"), read="spark")
    return [node for node in tree.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.Between) if node.find(exp.CurrentDate)]


def test_only_these_marts_compare_with_today() -> None:
    files = [file for file in MARTS.glob("*.sql") if "current_date" in file.read_text(encoding="utf-8")]
    assert {file.stem for file in files} == set(COMPARES)
    assert set(DAYS) == set(COMPARES.values())
    assert {mart: len(conditions(mart)) for mart in COMPARES} == dict.fromkeys(COMPARES, 1)


@pytest.mark.parametrize("mart", COMPARES)
def test_rows_count_in_the_mart_from_the_day_that_reached_days_knows(spark: SparkSession, mart: str) -> None:
    # GIVEN rows of the days around today
    (condition,) = conditions(mart)
    today = exp.cast(exp.Literal.string(TODAY.isoformat()), "date")
    sql = condition.transform(lambda node: today if isinstance(node, exp.CurrentDate) else node).sql(dialect="spark")
    days = [(TODAY + timedelta(days=ahead),) for ahead in range(-4, 5)]
    rows = spark.createDataFrame(days, "event_date date").withColumn("ordered_at", F.expr("event_date + interval 13 hours"))
    # WHEN the mart's condition and the day of reached_days are asked for each
    reached = F.expr(DAYS[COMPARES[mart]]) <= F.lit(TODAY)
    answers = {(row.by_sql, row.by_day) for row in rows.select(F.expr(sql).alias("by_sql"), reached.alias("by_day")).collect()}
    # THEN they draw the line between the same two days, whether the condition says which rows count or which do not
    assert answers in ({(True, True), (False, False)}, {(True, False), (False, True)})
