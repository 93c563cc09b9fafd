"""What each baseline forecasts, and what customers then did, by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.customer_value.backtest import outcomes
from glue_jobs.algorithms.customer_value.forecasts import forecasts
from glue_jobs.algorithms.customer_value.purchases import histories

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.usefixtures("interpreted")
CUT = date(2025, 3, 31)


@pytest.fixture
def bought(spark: SparkSession) -> DataFrame:
    """ann since 100 days: 10, then 20 within the last ten days; bob once, 100 days ago; new five days ago. Two come later."""
    days = {
        "ann": (("2024-12-21", 10), ("2025-03-25", 20), ("2025-04-02", 7), ("2025-04-10", 8), ("2025-04-11", 9)),
        "bob": (("2024-12-21", 30),),
        "new": (("2025-03-26", 50), ("2025-04-01", 5)),
    }
    rows = ", ".join(f"('{name}', date'{day}', {value}.00BD)" for name, each in days.items() for day, value in each)
    return spark.sql(
        f"select customer_id, day, cast(value as decimal(18, 4)) as value from values {rows} as t (customer_id, day, value)"
    )


def test_baselines_and_outcomes_by_hand(bought: DataFrame):
    before = bought.where(f"day <= '{CUT}'")
    frame = forecasts(histories(before, as_of=CUT), before, None, as_of=CUT, horizons=[10])
    rows = {row.customer_id: row for row in outcomes(frame, bought, cut=CUT, horizons=[10]).collect()}
    ann, bob, new = (rows[name] for name in ("ann", "bob", "new"))
    # THEN ann's own rate is 2 purchases worth 30 in 100 days; new is known for 5 days only, and goes on as in the last ten
    assert (ann.own_rate_purchases_10, ann.own_rate_value_10) == pytest.approx((0.2, 3.0))
    assert (new.own_rate_purchases_10, new.own_rate_value_10) == (1.0, 50.0)
    assert [row.naive_previous_period_value_10 for row in (ann, bob, new)] == [20.0, 0.0, 50.0]
    # AND of the two who were customers ten days before, one bought: half a purchase, worth 10
    assert {(row.constant_mean_purchases_10, row.constant_mean_value_10) for row in rows.values()} == {(0.5, 10.0)}
    assert {(row.zero_purchases_10, row.zero_value_10) for row in rows.values()} == {(0.0, 0.0)}
    # AND ten days after the cutoff end with 10 April
    assert [(row.actual_purchases_10, row.actual_value_10) for row in (ann, bob, new)] == [(2.0, 15.0), (0.0, 0.0), (1.0, 5.0)]


def test_the_constant_is_the_mean_of_all_where_nobody_was_there_a_period_ago(bought: DataFrame):
    before = bought.where(f"day <= '{CUT}'")
    frame = forecasts(histories(before, as_of=CUT), before, None, as_of=CUT, horizons=[200])
    assert [row.constant_mean_purchases_200 for row in frame.collect()] == [pytest.approx(4 / 3)] * 3
