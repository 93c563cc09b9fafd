"""Recommendations: ten products per user, frequently bought pairs, and how good the recommendations are.

Runs as a Glue job, or offline with the same arguments; see `--help`. Alternating least squares, co-occurrence, recent and
popularity are evaluated on a held-back period, each with several half-lives. A method is published if it beats the better of
popularity and recent, which learn nothing, for the same users by an interval; otherwise that baseline is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.derive.spark import struct_type
from contracts.errors import UsageError
from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.engagement import known_events
from glue_jobs.algorithms.recommendation.interactions import interactions, latest
from glue_jobs.algorithms.recommendation.model_selection import Grid, SelectedModel, metric_rows, select_model
from glue_jobs.algorithms.recommendation.pairs import PairThresholds
from glue_jobs.algorithms.recommendation.recommenders import Settings, TrainingData, top_products
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows

# The user_id for everyone without recommendations of their own; no purchases of theirs are known.
NEW = "(new)"


def options(arguments: argparse.ArgumentParser) -> None:
    """Arguments: weights, parameter grid and pair thresholds."""
    defaults, grid, thresholds = Settings(), Grid(), PairThresholds()
    for kind, weight in defaults.weights.items():
        arguments.add_argument(f"--{kind}_weight", type=float, default=weight, help=f"weight of a {kind} (%(default)s)")
    add = arguments.add_argument
    add("--half_lives", default=_listed(defaults.half_lives), help="half-lives of a weight to try, in days (%(default)s)")
    add("--active_days", type=float, default=180.0, help="recommend to users seen in the last N days (%(default)s)")
    add(
        "--candidates",
        type=int,
        default=defaults.candidates,
        help="train ALS on the N most popular products (%(default)s)",
    )
    add("--ranks", default=_listed(grid.ranks), help="ALS ranks to try (number of factors) (%(default)s)")
    add("--regs", default=_listed(grid.regs), help="ALS regularization values to try (%(default)s)")
    add("--alphas", default=_listed(grid.alphas), help="ALS confidence scales to try (%(default)s)")
    add("--iterations", type=int, default=grid.iterations, help="ALS iterations (%(default)s)")
    add("--evaluation_users", type=int, default=grid.users, help="maximum number of users for evaluation (%(default)s)")
    add(
        "--min_pair_baskets",
        type=int,
        default=thresholds.min_pair_baskets,
        help="minimum baskets with both (%(default)s)",
    )
    add("--min_llr", type=float, default=thresholds.min_llr, help="minimum log-likelihood ratio of a pair (%(default)s)")
    add("--neighbors", type=int, default=thresholds.neighbors, help="pairs to keep per product (%(default)s)")
    add(
        "--max_basket_products",
        type=int,
        default=thresholds.max_basket_products,
        help="skip baskets with more products (%(default)s)",
    )
    add("--seed", type=int, default=defaults.seed, help="random seed (%(default)s)")


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """recommendations, item_pairs and model_metrics of one source; none without interactions."""
    settings, grid = _settings(data.options)
    events = known_events(data.tables["events"], data.tables["dim_date"])
    history = checkpointed(interactions(lines=data.tables["fct_order_items"], events=events))
    if history.isEmpty():
        return {}
    categories = data.tables["dim_product"].select("product_id", F.coalesce("category", "category_id").alias("category"))
    training = TrainingData(history, settings)
    selected = select_model(training, categories, grid)
    published = _published(training, selected, active_days=data.options.active_days)
    pairs = reduce(DataFrame.unionByName, [training.pairs(kind).withColumn("kind", F.lit(kind)) for kind in ("view", "purchase")])
    rows = [{"job": "recommend", **row} for row in metric_rows(selected)]
    results = {"recommendations": published, "item_pairs": pairs}
    if rows:
        results["model_metrics"] = literal_rows(data.lake.spark, rows, struct_type(load("model_metrics")))
    return {table: of_source(frame, data.source).select(*load(table).names) for table, frame in results.items()}


def _published(training: TrainingData, selected: SelectedModel, *, active_days: float) -> DataFrame:
    """recommendations without the source: the winner's for active users, popular products for all others."""
    as_of = latest(training.history)
    active = training.history.where(F.unix_micros("at") / 1e6 >= as_of.timestamp() - active_days * 86_400)
    new_user = training.history.sparkSession.range(1).select(F.lit(NEW).alias("user_id"))
    own = top_products(training, active.select("user_id"), [selected.winner])
    others = top_products(training, new_user, [selected.popularity])
    return own.unionByName(others).withColumn("as_of", F.lit(as_of))


def _settings(options: argparse.Namespace) -> tuple[Settings, Grid]:
    weights = {kind: getattr(options, f"{kind}_weight") for kind in Settings().weights}
    if not 0 < weights["view"] < weights["cart"] < weights["purchase"]:
        raise UsageError(f"--view_weight {weights['view']}: expected 0 < view < cart < purchase; fix the weights.")
    for name in ("active_days", "candidates", "iterations", "evaluation_users", "min_pair_baskets"):
        if getattr(options, name) <= 0:
            raise UsageError(f"--{name} {getattr(options, name)}: expected more than 0; fix the argument.")
    thresholds = PairThresholds(options.min_pair_baskets, options.min_llr, options.neighbors, options.max_basket_products)
    ranks, regs, alphas, half_lives = (_numbers(options, name) for name in ("ranks", "regs", "alphas", "half_lives"))
    settings = Settings(weights, tuple(sorted(set(half_lives))), 10, options.candidates, thresholds, options.seed)
    grid = Grid(tuple(int(rank) for rank in ranks), regs, alphas, options.iterations, options.evaluation_users)
    return settings, grid


def _numbers(options: argparse.Namespace, name: str) -> tuple[float, ...]:
    text = getattr(options, name)
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) <= 0:
        raise UsageError(f"--{name} {text}: expected positive numbers separated by commas, such as 8,16; fix the argument.")
    return numbers


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(map(str, numbers))


ANALYSIS = Analysis(
    job="recommend",
    compute=compute,
    options=options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Recommend for one source or all. Returns what was built. Raises LakeError for invalid arguments."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("recommend", main, sys.argv[1:])
