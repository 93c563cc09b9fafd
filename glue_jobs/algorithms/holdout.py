"""How well the models of customer value foretell a period that they have not seen, beside the same as last period.

Customers known at the cut are judged; what those who came later bought is nobody's forecast. All sums are Spark's; the driver
receives one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

MEASURES = ("purchases", "value")


@dataclass(frozen=True)
class Score:
    """A measure of the forecast, with its 95 % interval over customers, beside the same measure of the baseline."""

    metric: str
    score: float
    low: float
    high: float
    baseline_score: float
    cases: int


def outcomes(forecast: DataFrame, before: DataFrame, after: DataFrame, *, cut: date, days: int) -> DataFrame:
    """A row per customer known at the cut: foretold of the `days` after it, what came in them, what was in the `days` before.

    `forecast` has customer_id, purchases_<days> and value, that of one purchase. `before` and `after` are purchases
    (customer_id, day, value) as known at the cut and later. Columns: for purchases and value, each of them, last_ and actual_.
    """
    last = _totals(before, F.col("day") > F.date_sub(F.lit(cut), days), "last")
    came = _totals(after, (F.col("day") > F.lit(cut)) & (F.col("day") <= F.date_add(F.lit(cut), days)), "actual")
    count = F.col(f"purchases_{days}")
    told = forecast.select("customer_id", count.alias("purchases"), (count * F.col("value")).alias("value"))
    joined = told.join(last, "customer_id", "left").join(came, "customer_id", "left")
    missing = [f"{when}_{name}" for when in ("last", "actual") for name in MEASURES]
    return joined.withColumns({name: F.coalesce(name, F.lit(0.0)) for name in missing})


def compare(cases: DataFrame, *, days: int) -> list[Score]:
    """Mean absolute error per case and total bias, (forecast - actual) / actual, of purchases and of value.

    `cases` are `outcomes` of one cut or of several. The baseline is what the customer did in as many days before the cut.
    """
    sums = cases.agg(F.count("*").alias("cases"), *[column for name in MEASURES for column in _sums(name)]).collect()[0]
    return [score for name in MEASURES for score in _scores(sums, name, days)]


def _scores(sums: Row, name: str, days: int) -> list[Score]:
    count, actual = sums["cases"], sums[f"actual_{name}"] or 1.0
    error, spread = sums[f"error_{name}"], 1.96 * (sums[f"sd_error_{name}"] or 0.0) / count**0.5
    bias, width = sums[f"miss_{name}"] / actual, 1.96 * (sums[f"sd_miss_{name}"] or 0.0) * count**0.5 / actual
    last_bias = sums[f"last_miss_{name}"] / actual
    return [
        Score(f"mae_{name}_{days}", error, error - spread, error + spread, sums[f"last_error_{name}"], count),
        Score(f"bias_{name}_{days}", bias, bias - width, bias + width, last_bias, count),
    ]


def _totals(bought: DataFrame, within: Column, prefix: str) -> DataFrame:
    counted = bought.where(within).groupBy("customer_id")
    return counted.agg(
        F.count("*").cast("double").alias(f"{prefix}_purchases"), F.sum("value").cast("double").alias(f"{prefix}_value")
    )


def _sums(name: str) -> list[Column]:
    miss, last = F.col(name) - F.col(f"actual_{name}"), F.col(f"last_{name}") - F.col(f"actual_{name}")
    return [
        F.sum(f"actual_{name}").alias(f"actual_{name}"),
        F.avg(F.abs(miss)).alias(f"error_{name}"),
        F.stddev_samp(F.abs(miss)).alias(f"sd_error_{name}"),
        F.avg(F.abs(last)).alias(f"last_error_{name}"),
        F.sum(miss).alias(f"miss_{name}"),
        F.stddev_samp(miss).alias(f"sd_miss_{name}"),
        F.sum(last).alias(f"last_miss_{name}"),
    ]
