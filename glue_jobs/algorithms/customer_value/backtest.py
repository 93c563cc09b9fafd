"""Backtest customer value: predictions on a held-back period, against the naive forecast (the previous period).

Only customers known at the cutoff are evaluated. Spark computes all sums; the driver receives one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

MEASURES = ("purchases", "value")
INTERVAL = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True)
class Score:
    """A metric of the forecast with its 95 % interval over customers, and the same metric of the baseline."""

    metric: str
    score: float
    ci_low: float
    ci_high: float
    baseline_score: float
    sample_size: int


def outcomes(forecast: DataFrame, before: DataFrame, after: DataFrame, *, cut: date, days: int) -> DataFrame:
    """One row per customer known at the cutoff: the forecast, the actual and the previous `days` days.

    `forecast` has customer_id, purchases_<days> and value (per purchase). `before` and `after` are purchases (customer_id,
    day, value) as known at the cutoff and later. Columns for purchases and value: the forecast, last_ and actual_.
    """
    last = _totals(before, F.col("day") > F.date_sub(F.lit(cut), days), "last")
    actual_totals = _totals(after, (F.col("day") > F.lit(cut)) & (F.col("day") <= F.date_add(F.lit(cut), days)), "actual")
    count = F.col(f"purchases_{days}")
    predicted = forecast.select("customer_id", count.alias("purchases"), (count * F.col("value")).alias("value"))
    joined = predicted.join(last, "customer_id", "left").join(actual_totals, "customer_id", "left")
    missing = [f"{when}_{name}" for when in ("last", "actual") for name in MEASURES]
    return joined.withColumns({name: F.coalesce(name, F.lit(0.0)) for name in missing})


def compare(cases: DataFrame, *, days: int) -> list[Score]:
    """For purchases and value: mean absolute error, improvement on the baseline, and total bias, (forecast - actual) / actual.

    `cases` are `outcomes` of one or more cutoffs. The baseline is the customer's total in as many days before the cutoff.
    The improvement is the mean reduction of the absolute error; it is significant if its interval is above 0.
    """
    sums = cases.agg(F.count("*").alias("cases"), *[column for name in MEASURES for column in _sums(name)]).collect()[0]
    return [score for name in MEASURES for score in _scores(sums, name, days)]


def _scores(sums: Row, name: str, days: int) -> list[Score]:
    count, actual = sums["cases"], sums[f"actual_{name}"] or 1.0

    def score(measure: str, value: str, baseline: float, *, scale: float = 1.0) -> Score:
        mean, spread = sums[f"{value}_{name}"] * scale, INTERVAL * (sums[f"sd_{value}_{name}"] or 0.0) / count**0.5 * scale
        return Score(f"{measure}_{name}_{days}", mean, mean - spread, mean + spread, baseline, count)

    return [
        score("mae", "error", sums[f"last_error_{name}"]),
        score("improvement", "improvement", 0.0),
        score("bias", "miss", sums[f"last_miss_{name}"] / actual, scale=count / actual),
    ]


def _totals(purchases: DataFrame, within: Column, prefix: str) -> DataFrame:
    by_customer = purchases.where(within).groupBy("customer_id")
    return by_customer.agg(
        F.count("*").cast("double").alias(f"{prefix}_purchases"), F.sum("value").cast("double").alias(f"{prefix}_value")
    )


def _sums(name: str) -> list[Column]:
    error, last = F.col(name) - F.col(f"actual_{name}"), F.col(f"last_{name}") - F.col(f"actual_{name}")
    measured = {"error": F.abs(error), "improvement": F.abs(last) - F.abs(error), "miss": error}
    return [
        F.sum(f"actual_{name}").alias(f"actual_{name}"),
        F.avg(F.abs(last)).alias(f"last_error_{name}"),
        F.sum(last).alias(f"last_miss_{name}"),
        *[F.avg(value).alias(f"{measure}_{name}") for measure, value in measured.items()],
        *[F.stddev_samp(value).alias(f"sd_{measure}_{name}") for measure, value in measured.items()],
    ]
