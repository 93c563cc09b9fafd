"""Customer value: historic value per customer, and the value predicted by the best method of the source.

Runs as a Glue job, or offline with the same arguments; see `--help`. Writes customer_value. Writes a backtest to model_metrics:
BG/NBD and Gamma-Gamma, fitted without the last half year, against four baselines. They are published if they beat the best of
these by an interval; otherwise that baseline is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.derive.spark import struct_type
from glue_jobs.algorithms.customer_value.backtest import Backtest, backtest
from glue_jobs.algorithms.customer_value.forecasts import MODEL, TARGETS, forecasts
from glue_jobs.algorithms.customer_value.models import Fitted, fit
from glue_jobs.algorithms.customer_value.purchases import MONEY, histories, product_lines, purchases, with_value
from glue_jobs.algorithms.engagement import engagement
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows
from glue_jobs.lib.source_definition.source_loader import load_source

HORIZONS = (90, 180, 365)


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """customer_value and the source's rows of model_metrics; nothing without sales to known customers."""
    lines, basis, as_of = with_value(product_lines(data.tables["fct_order_items"], data.tables["dim_product"]))
    if as_of is None:
        return {}
    # Returns after the last sale are not known as of that day.
    lines = lines.where(F.col("customer_id").isNotNull() & (F.col("order_date") <= F.lit(as_of))).persist()
    bought = purchases(lines, until=as_of).persist()
    known = histories(bought, as_of=as_of).persist()
    complete = load_source(data.lake.sources, data.source).complete_history
    fitted = fit(known, complete_history=complete)
    data.notices.extend([fitted.notice] if fitted.notice else [])
    if fitted.too_few:
        unknown = _values(data, lines, known.withColumns(_no_forecasts()), basis=basis, as_of=as_of)
        return {"customer_value": unknown}
    days = int(data.options.holdout_days)
    judged = backtest(lines, bought, as_of=as_of, days=days, horizons=HORIZONS, complete_history=complete)
    published = {target: judged.published(target, fitted=fitted.models is not None) for target in TARGETS}
    data.notices.extend(_baseline_notices(judged, published))
    every = forecasts(known, bought, fitted.models, as_of=as_of, horizons=HORIZONS)
    chosen = every.withColumns(_published_columns(every, published))
    results = {"customer_value": _values(data, lines, chosen, basis=basis, as_of=as_of)}
    if rows := _metric_rows(judged, fitted, published, as_of=as_of, days=days):
        metrics = literal_rows(data.lake.spark, rows, struct_type(load("model_metrics")))
        results["model_metrics"] = metrics.withColumn("source", F.lit(data.source)).select(*load("model_metrics").names)
    return results


def _published_columns(every: DataFrame, published: Mapping[str, str]) -> dict[str, Column]:
    """The columns of predictions in customer_value, from those of each method."""
    columns = {f"{target}_method": F.lit(method) for target, method in published.items()}
    for days in HORIZONS:
        columns[f"expected_purchases_{days}"] = F.col(f"{published['purchases']}_purchases_{days}")
        columns[f"expected_value_{days}"] = F.col(f"{published['value']}_value_{days}")
    missing = {name: F.lit(None).cast("double") for name in ("alive", "value") if name not in every.columns}
    return columns | missing


def _no_forecasts() -> dict[str, Column]:
    numbers = ["alive", "value", *[f"expected_{target}_{days}" for target in TARGETS for days in HORIZONS]]
    texts = [f"{target}_method" for target in TARGETS]
    types = dict.fromkeys(numbers, "double") | dict.fromkeys(texts, "string")
    return {name: F.lit(None).cast(kind) for name, kind in types.items()}


def _values(data: AnalysisInput, lines: DataFrame, predictions: DataFrame, *, basis: str, as_of: date) -> DataFrame:
    sale_date = F.when(F.col("is_sale"), F.col("order_date"))
    totals = lines.groupBy("customer_id").agg(
        F.min(sale_date).alias("first_order_date"),
        F.max(sale_date).alias("last_order_date"),
        F.sum("revenue").cast(MONEY).alias("historic_revenue"),
        F.sum("value").cast(MONEY).alias("historic_value"),
    )
    customers = totals.where("first_order_date is not null").join(predictions, "customer_id", "left")
    return customers.join(engagement(data.tables["fct_sessions"]), "customer_id", "left").select(
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
        "purchases_method",
        *[f"expected_purchases_{days}" for days in HORIZONS],
        F.col("value").cast(MONEY).alias("expected_purchase_value"),
        "value_method",
        *[F.col(f"expected_value_{days}").cast(MONEY).alias(f"expected_value_{days}") for days in HORIZONS],
        "sessions",
        "session_minutes",
        F.lit(data.source).alias("source"),
    )


def _baseline_notices(judged: Backtest, published: Mapping[str, str]) -> list[str]:
    """Why the models are not published."""
    if not judged.comparisons:
        return ["the history is too short for a backtest; each customer is predicted to go on at their own rate so far."]
    notices = []
    for each in judged.comparisons:
        method, gain = published[each.target], each.gain
        if method != MODEL and gain is not None and not each.is_won:
            notices.append(
                f"for {each.target} over {each.days} days the models do not beat {each.best_baseline} (RMSE lower by "
                f"{gain.value:.3g}, {gain.ci_low:.3g} to {gain.ci_high:.3g}); the predictions are those of {method}."
            )
    return notices


def _metric_rows(
    judged: Backtest, fitted: Fitted, published: Mapping[str, str], *, as_of: date, days: int
) -> list[dict[str, Any]]:
    """Rows of model_metrics, without the source."""
    current = {"published": fitted.models.parameters()} if fitted.models else {}
    shared = {"holdout_days": days}
    return [
        {
            "job": "value",
            "model": score.model,
            "split": "test",
            "metric": score.metric,
            "score": score.estimate.value,
            "ci_low": score.estimate.ci_low,
            "ci_high": score.estimate.ci_high,
            "baseline": score.baseline,
            "baseline_score": score.baseline_score,
            "sample_size": score.sample_size,
            "parameters": json.dumps(shared | dict(judged.parameters) | current if score.model == MODEL else shared),
            "is_published": score.model == published[score.target],
            "as_of": datetime.combine(as_of, time(), UTC),
        }
        for score in judged.scores(published)
    ]


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
