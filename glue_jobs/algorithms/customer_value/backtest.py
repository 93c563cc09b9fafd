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
INTERVAL = 1.96  # standard errors on either side that hold 95 %


@dataclass(frozen=True)
class Score:
    """A measure of the forecast, with its 95 % interval over customers, beside the same measure of the baseline."""

    metric: str
    score: float
    ci_low: float
    ci_high: float
    baseline_score: float
    sample_size: int


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
    """Of purchases and of value: mean absolute error per case, the improvement, and the total bias, (forecast - actual) / actual.

    `cases` are `outcomes` of one cut or of several. The baseline is what the customer did in as many days before the cut. The
    improvement is by how much less the forecast errs than the baseline, case by case: certain where its interval is above 0.
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


def _totals(bought: DataFrame, within: Column, prefix: str) -> DataFrame:
    counted = bought.where(within).groupBy("customer_id")
    return counted.agg(
        F.count("*").cast("double").alias(f"{prefix}_purchases"), F.sum("value").cast("double").alias(f"{prefix}_value")
    )


def _sums(name: str) -> list[Column]:
    miss, last = F.col(name) - F.col(f"actual_{name}"), F.col(f"last_{name}") - F.col(f"actual_{name}")
    measured = {"error": F.abs(miss), "improvement": F.abs(last) - F.abs(miss), "miss": miss}
    return [
        F.sum(f"actual_{name}").alias(f"actual_{name}"),
        F.avg(F.abs(last)).alias(f"last_error_{name}"),
        F.sum(last).alias(f"last_miss_{name}"),
        *[F.avg(value).alias(f"{measure}_{name}") for measure, value in measured.items()],
        *[F.stddev_samp(value).alias(f"sd_{measure}_{name}") for measure, value in measured.items()],
    ]
