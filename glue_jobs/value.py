"""Customer value: historic value per customer, and the value predicted by BG/NBD and Gamma-Gamma.

Runs as a Glue job, or offline with the same arguments; see `--help`. Writes customer_value. Writes a backtest to model_metrics:
models fitted without the last half year, against the naive forecast that repeats the previous period.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.derive.spark import struct_type
from glue_jobs.algorithms.customer_value.backtest import compare, outcomes
from glue_jobs.algorithms.customer_value.models import Models, fit, predict
from glue_jobs.algorithms.customer_value.purchases import MONEY, histories, product_lines, purchases, with_value
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows

HORIZONS = (90, 180, 365)
MODEL, BASELINE = "bg_nbd_gamma_gamma", "naive_previous_period"


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """customer_value and the source's rows of model_metrics; nothing without sales to known customers."""
    lines, basis, as_of = with_value(product_lines(data.tables["fct_order_items"], data.tables["dim_product"]))
    if as_of is None:
        return {}
    # Returns after the last sale are not known as of that day.
    lines = lines.where(F.col("customer_id").isNotNull() & (F.col("order_date") <= F.lit(as_of))).persist()
    bought = purchases(lines, until=as_of).persist()
    known = histories(bought, as_of=as_of).persist()
    models, notice = fit(known)
    data.notices.extend([notice] if notice else [])
    results = {"customer_value": _values(data, lines, known, models, basis=basis, as_of=as_of)}
    if models and (rows := _backtest(lines, bought, models, as_of=as_of, days=int(data.options.holdout_days))):
        results["model_metrics"] = _metrics(data, rows)
    return results


def _values(
    data: AnalysisInput, lines: DataFrame, known: DataFrame, models: Models | None, *, basis: str, as_of: date
) -> DataFrame:
    sale_date = F.when(F.col("is_sale"), F.col("order_date"))
    totals = lines.groupBy("customer_id").agg(
        F.min(sale_date).alias("first_order_date"),
        F.max(sale_date).alias("last_order_date"),
        F.sum("revenue").cast(MONEY).alias("historic_revenue"),
        F.sum("value").cast(MONEY).alias("historic_value"),
    )
    visits = data.tables["fct_sessions"].where("user_id is not null").groupBy(F.col("user_id").alias("customer_id"))
    engagement = visits.agg(F.count("*").alias("sessions"), (F.sum("duration_seconds") / 60).alias("session_minutes"))
    predictions = predict(known, models, horizons=HORIZONS) if models else _without_predictions(known)
    customers = totals.where("first_order_date is not null").join(predictions, "customer_id", "left")
    return customers.join(engagement, "customer_id", "left").select(
        "customer_id",
        F.lit(as_of).alias("as_of"),
        F.lit(basis).alias("value_basis"),
        "first_order_date",
        "last_order_date",
        "historic_revenue",
        "historic_value",
        F.coalesce(F.col("x") + 1, F.lit(0)).cast("bigint").alias("purchases"),
        F.coalesce("x", F.lit(0)).cast("bigint").alias("repeat_purchases"),
        F.coalesce("t_x", F.lit(0)).cast("bigint").alias("days_first_to_last_purchase"),
        F.col("age").alias("tenure_days"),
        F.col("mean").alias("mean_purchase_value"),
        F.col("alive").alias("probability_alive"),
        *[F.col(f"purchases_{days}").alias(f"expected_purchases_{days}") for days in HORIZONS],
        F.col("value").cast(MONEY).alias("expected_purchase_value"),
        *[(F.col(f"purchases_{days}") * F.col("value")).cast(MONEY).alias(f"expected_value_{days}") for days in HORIZONS],
        "sessions",
        "session_minutes",
        F.lit(data.source).alias("source"),
    )


def _without_predictions(known: DataFrame) -> DataFrame:
    """Histories with null predictions."""
    unknown = ["alive", "value", *[f"purchases_{days}" for days in HORIZONS]]
    return known.withColumns({name: F.lit(None).cast("double") for name in unknown})


def _backtest(lines: DataFrame, bought: DataFrame, published: Models, *, as_of: date, days: int) -> list[dict[str, Any]]:
    """Metrics of models that were fitted only on data before each cutoff.

    Each horizon is evaluated from the start of the last `days` days, and again from the end of that period while it fits.
    Cutoffs with less history than a horizon, or with too few returning customers, are skipped.
    """
    horizons_by_cut: dict[date, list[int]] = {}
    for horizon in HORIZONS:
        for again in range(days // horizon):
            horizons_by_cut.setdefault(as_of - timedelta(days=days - again * horizon), []).append(horizon)
    cases: dict[int, list[DataFrame]] = {}
    parameters: dict[str, Any] = {}
    for cut, requested in sorted(horizons_by_cut.items()):
        before = purchases(lines, until=cut).persist()
        known = histories(before, as_of=cut).persist()
        longest = known.agg(F.max("age")).collect()[0][0] or 0
        horizons = [horizon for horizon in requested if horizon <= longest]
        models, _ = fit(known) if horizons else (None, "")
        if models:
            parameters[f"until_{cut}"] = models.parameters()
            forecast = predict(known, models, horizons=horizons).persist()
            for horizon in horizons:
                cases.setdefault(horizon, []).append(outcomes(forecast, before, bought, cut=cut, days=horizon))
    scores = [score for horizon, each in cases.items() for score in compare(reduce(DataFrame.unionByName, each), days=horizon)]
    shared = {
        "job": "value",
        "model": MODEL,
        "split": "test",
        "baseline": BASELINE,
        "parameters": json.dumps({"holdout_days": days, **parameters, "published": published.parameters()}),
        "is_published": True,
        "as_of": datetime.combine(as_of, time(), UTC),
    }
    return [shared | asdict(score) for score in scores]


def _metrics(data: AnalysisInput, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    contract = load("model_metrics")
    rows_of_contract = literal_rows(data.lake.spark, rows, struct_type(contract))
    return rows_of_contract.withColumn("source", F.lit(data.source)).select(*contract.names)


def options(arguments: argparse.ArgumentParser) -> None:
    """Arguments of the backtest."""
    text = "days at the end to hold back for the backtest (default 182, half a year)"
    arguments.add_argument("--holdout_days", type=int, default=182, help=text)


ANALYSIS = Analysis(
    job="value",
    compute=compute,
    options=options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Value the customers of one source or all. Returns what was built. Raises LakeError if a result breaks its contract."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("value", main, sys.argv[1:])
