"""Recommendations: ten products for every user, pairs of products that go together, and how good the lists are.

Run as a Glue job, or offline with the same arguments; see `--help`. Alternating least squares, co-occurrence and popularity are
tried on a part of time that none of them has seen; the best of the source is what is published, even where that is popularity.
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
from glue_jobs.algorithms.recommendation.interactions import interactions, latest
from glue_jobs.algorithms.recommendation.model_selection import Grid, contest, metric_rows
from glue_jobs.algorithms.recommendation.pairs import PairThresholds
from glue_jobs.algorithms.recommendation.recommenders import POPULARITY, Model, Settings, TrainingData, lists
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows

# Stands for every user without a list of their own; such a user has bought nothing that we know of.
NEW = "(new)"


def options(arguments: argparse.ArgumentParser) -> None:
    """What counts how much, what is tried, and what a pair has to reach."""
    usual, grid, floor = Settings(), Grid(), PairThresholds()
    for kind, weight in usual.weights.items():
        arguments.add_argument(f"--{kind}_weight", type=float, default=weight, help=f"of a {kind} (%(default)s)")
    add = arguments.add_argument
    add("--half_life_days", type=float, default=usual.half_life_days, help="in which a weight halves (%(default)s)")
    add("--active_days", type=float, default=180.0, help="users seen in so many last days get lists (%(default)s)")
    add("--candidates", type=int, default=usual.candidates, help="most popular products that ALS learns (%(default)s)")
    add("--ranks", default=_listed(grid.ranks), help="numbers of factors that ALS tries (%(default)s)")
    add("--regs", default=_listed(grid.regs), help="regularizations that ALS tries (%(default)s)")
    add("--alphas", default=_listed(grid.alphas), help="confidences per weight that ALS tries (%(default)s)")
    add("--iterations", type=int, default=grid.iterations, help="of ALS (%(default)s)")
    add("--judged_users", type=int, default=grid.users, help="users that methods are judged by, at most (%(default)s)")
    add("--min_together", type=int, default=floor.min_together, help="baskets that a pair shares at least (%(default)s)")
    add("--min_llr", type=float, default=floor.min_llr, help="least log-likelihood ratio of a pair (%(default)s)")
    add("--neighbors", type=int, default=floor.neighbors, help="pairs kept of each product (%(default)s)")
    add("--largest_basket", type=int, default=floor.largest_basket, help="products; larger baskets are left out (%(default)s)")
    add("--seed", type=int, default=usual.seed, help="of all that is drawn (%(default)s)")


def compute(given: AnalysisInput) -> Mapping[str, DataFrame]:
    """recommendations, item_pairs and model_metrics of one source; none for a source where nobody met a product."""
    settings, grid = _settings(given.options)
    found = checkpointed(interactions(lines=given.tables["fct_order_items"], events=given.tables["events"]))
    if found.isEmpty():
        return {}
    categories = given.tables["dim_product"].select("product_id", F.coalesce("category", "category_id").alias("category"))
    outcome = contest(found, categories, settings, grid)
    known = TrainingData(found, settings)
    published = _published(known, outcome.winner, active_days=given.options.active_days)
    pairs = reduce(DataFrame.unionByName, [known.pairs(kind).withColumn("kind", F.lit(kind)) for kind in ("view", "purchase")])
    rows = [{"job": "recommend", **row} for row in metric_rows(outcome)]
    results = {"recommendations": published, "item_pairs": pairs}
    if rows:
        results["model_metrics"] = literal_rows(given.lake.spark, rows, struct_type(load("model_metrics")))
    return {table: of_source(frame, given.source).select(*load(table).names) for table, frame in results.items()}


def _published(known: TrainingData, winner: Model, *, active_days: float) -> DataFrame:
    """recommendations but for the source: lists of active users by the winner, and what is popular for all others."""
    as_of = latest(known.history)
    active = known.history.where(F.unix_micros("at") / 1e6 >= as_of.timestamp() - active_days * 86_400)
    everybody = known.history.sparkSession.range(1).select(F.lit(NEW).alias("user_id"))
    own = lists(known, active.select("user_id"), [winner])
    others = lists(known, everybody, [Model(POPULARITY)])
    return own.unionByName(others).withColumn("as_of", F.lit(as_of))


def _settings(options: argparse.Namespace) -> tuple[Settings, Grid]:
    weights = {kind: getattr(options, f"{kind}_weight") for kind in Settings().weights}
    if not 0 < weights["view"] < weights["cart"] < weights["purchase"]:
        raise UsageError(f"--view_weight {weights['view']}: expected 0 < view < cart < purchase; mend the weights.")
    for name in ("half_life_days", "active_days", "candidates", "iterations", "judged_users", "min_together"):
        if getattr(options, name) <= 0:
            raise UsageError(f"--{name} {getattr(options, name)}: expected more than 0; mend the argument.")
    floor = PairThresholds(options.min_together, options.min_llr, options.neighbors, options.largest_basket)
    settings = Settings(weights, options.half_life_days, 10, options.candidates, floor, options.seed)
    ranks, regs, alphas = (_numbers(options, name) for name in ("ranks", "regs", "alphas"))
    grid = Grid(tuple(int(rank) for rank in ranks), regs, alphas, options.iterations, options.judged_users)
    return settings, grid


def _numbers(options: argparse.Namespace, name: str) -> tuple[float, ...]:
    text = getattr(options, name)
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) <= 0:
        raise UsageError(f"--{name} {text}: expected numbers over 0 with commas between them, such as 8,16; mend the argument.")
    return numbers


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(map(str, numbers))


ANALYSIS = Analysis(
    job="recommend",
    compute=compute,
    options=options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Recommendations of one source or of all; what was made. LakeError for arguments that make no sense."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("recommend", main, sys.argv[1:])
