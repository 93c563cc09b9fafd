"""What each method forecasts for each customer: the models, and the baselines that they must beat.

All of it runs in Spark. A forecast column is named <method>_<target>_<days>, a target being purchases or value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.customer_value.models import Models, predict

MODEL = "bg_nbd_gamma_gamma"
OWN_RATE, CONSTANT_MEAN, PREVIOUS_PERIOD, ZERO = "own_rate", "constant_mean", "naive_previous_period", "zero"
# The simplest last: of baselines that are equally good, the first is published.
BASELINES = (OWN_RATE, PREVIOUS_PERIOD, CONSTANT_MEAN, ZERO)
TARGETS = ("purchases", "value")


def forecasts(known: DataFrame, bought: DataFrame, models: Models | None, *, as_of: date, horizons: Sequence[int]) -> DataFrame:
    """`known` (of purchases.histories) with the forecasts of every method; those of the models only if there are any.

    `bought` has the purchases up to `as_of`. With models there are also `alive`, and `value` per purchase.
    """
    customers = known.join(_totals(bought, as_of=as_of, horizons=horizons), "customer_id")
    means = customers.agg(*[_constant(target, days) for target in TARGETS for days in horizons])
    columns: dict[str, Column] = {}
    for target in TARGETS:
        for days in horizons:
            own = F.col(f"total_{target}") * days / F.greatest("age", F.lit(days))
            columns |= {f"{OWN_RATE}_{target}_{days}": own, f"{ZERO}_{target}_{days}": F.lit(0.0)}
    baselines = customers.crossJoin(F.broadcast(means)).withColumns(columns)
    if models is None:
        return baselines
    predicted = predict(known, models, horizons=horizons).select(
        "customer_id", "alive", "value", *[F.col(f"purchases_{days}").alias(f"{MODEL}_purchases_{days}") for days in horizons]
    )
    values = {f"{MODEL}_value_{days}": F.col(f"{MODEL}_purchases_{days}") * F.col("value") for days in horizons}
    return baselines.join(predicted.withColumns(values), "customer_id")


def _totals(bought: DataFrame, *, as_of: date, horizons: Sequence[int]) -> DataFrame:
    """Purchases and value of each customer so far, and in as many days up to `as_of` as each horizon has."""
    # Decimals are added up exactly, so equal customers have equal forecasts.
    amounts = {"purchases": F.lit(1), "value": F.col("value")}
    sums = [F.sum(amount).cast("double").alias(f"total_{target}") for target, amount in amounts.items()]
    for days in horizons:
        recent = F.col("day") > F.lit(as_of - timedelta(days))
        for target, amount in amounts.items():
            previous = F.coalesce(F.sum(F.when(recent, amount)), F.lit(0))
            sums.append(previous.cast("double").alias(f"{PREVIOUS_PERIOD}_{target}_{days}"))
    return bought.groupBy("customer_id").agg(*sums)


def _constant(target: str, days: int) -> Column:
    """The mean of the previous period over those who were customers when it began; over all if nobody was."""
    previous = F.col(f"{PREVIOUS_PERIOD}_{target}_{days}")
    known_before = F.avg(F.when(F.col("age") >= days, previous))
    return F.coalesce(known_before, F.avg(previous)).alias(f"{CONSTANT_MEAN}_{target}_{days}")
