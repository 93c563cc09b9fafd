"""Which method foretells best what users do next: parameters and the winner by validation data, its worth by test data.

Time is cut in three: what a model learns from always lies before what it is judged by. The driver holds a row per model.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.recommendation import als
from glue_jobs.algorithms.recommendation.interactions import cuts, latest
from glue_jobs.algorithms.recommendation.ranking import Measure, measures
from glue_jobs.algorithms.recommendation.recommenders import ALS, POPULARITY, RECENT, Model, Settings, TrainingData, lists

# Shares of the interactions, by time, before validation and before test begin.
SHARES = (0.7, 0.85)
TEMPERINGS = (0.0, 0.5)
Measures = Mapping[str, Measure]


@dataclass(frozen=True)
class Grid:
    """What is tried for ALS, each with each; `users` is how many are judged by at most, drawn by the hash of their ids."""

    ranks: tuple[int, ...] = (16,)
    regs: tuple[float, ...] = (0.1,)
    alphas: tuple[float, ...] = (1.0, 10.0)
    iterations: int = 10
    users: int = 2000

    def models(self, co_method: str) -> list[Model]:
        """Popularity first."""
        factors = [als.Parameters(*each, self.iterations) for each in itertools.product(self.ranks, self.regs, self.alphas)]
        return [
            Model(POPULARITY),
            Model(RECENT),
            *[Model(co_method, tempering=tempering) for tempering in TEMPERINGS],
            *[Model(ALS, factors=one) for one in factors],
        ]


@dataclass(frozen=True)
class SelectedModel:
    """The model of each method that was best on validation data, and what it scored there and on test data."""

    winner: Model
    validation: Mapping[Model, Measures] = field(default_factory=dict)
    test: Mapping[Model, Measures] = field(default_factory=dict)
    instants: Sequence[datetime] = ()


def contest(found: DataFrame, categories: DataFrame, settings: Settings, grid: Grid) -> SelectedModel:
    """`found` are interactions. Popularity wins unless another does better on validation data; ties go to the simpler."""
    start, end = cuts(found, SHARES)
    objective = f"ndcg_{settings.length}"
    known = TrainingData(before(found, start), settings)
    future = found.where((F.col("at") >= F.lit(start)) & (F.col("at") < F.lit(end)))
    if known.history.isEmpty():
        return SelectedModel(Model(POPULARITY))
    tried = judged(known, future, categories, grid.models(f"co_{known.co_kind}"), users=grid.users)
    best: dict[str, Model] = {}
    for model, scores in tried.items():
        rival = best.get(model.method)
        if rival is None or scores[objective].score > tried[rival][objective].score:
            best[model.method] = model
    if not best:
        return SelectedModel(Model(POPULARITY))
    winner = max(best.values(), key=lambda model: tried[model][objective].score)
    later = TrainingData(before(found, end), settings)
    test = judged(later, found.where(F.col("at") >= F.lit(end)), categories, list(best.values()), users=grid.users)
    return SelectedModel(winner, {model: tried[model] for model in best.values()}, test, (end, latest(found)))


def before(found: DataFrame, instant: datetime) -> DataFrame:
    """The interactions before an instant."""
    return found.where(F.col("at") < F.lit(instant))


def judged(
    known: TrainingData, future: DataFrame, categories: DataFrame, models: Sequence[Model], *, users: int
) -> dict[Model, Measures]:
    """How well each model foretells the products, not bought before, that known users turn to in `future`; {} if none does."""
    relevant = (
        future.select("user_id", "product_id")
        .distinct()
        .join(known.strengths.select("user_id").distinct(), "user_id")
        .join(known.bought, ["user_id", "product_id"], "left_anti")
    )
    drawn = relevant.select("user_id").distinct().orderBy(F.xxhash64("user_id"), "user_id").limit(users)
    relevant = checkpointed(relevant.join(drawn, "user_id"))
    made = checkpointed(lists(known, relevant, models))
    length = known.settings.length
    found = measures(made, relevant, history=known.strengths, categories=categories, length=length)
    return {model: found[place] for place, model in enumerate(models) if place in found}


def metric_rows(outcome: SelectedModel) -> list[dict[str, Any]]:
    """Rows of model_metrics but for job and source."""
    splits = zip(("validation", "test"), (outcome.validation, outcome.test), outcome.instants, strict=False)
    rows = []
    for split, scored, as_of in splits:
        baseline = next((scores for model, scores in scored.items() if model.method == POPULARITY), {})
        for model, scores in scored.items():
            compared = baseline if model.method != POPULARITY else {}
            rows += [
                {
                    "model": model.method,
                    "split": split,
                    "metric": metric,
                    "score": measure.score,
                    "ci_low": measure.ci_low,
                    "ci_high": measure.ci_high,
                    "baseline": POPULARITY if metric in compared else None,
                    "baseline_score": compared[metric].score if metric in compared else None,
                    "sample_size": measure.sample_size,
                    "parameters": json.dumps(model.parameters),
                    "is_published": model == outcome.winner,
                    "as_of": as_of,
                }
                for metric, measure in scores.items()
            ]
    return rows
