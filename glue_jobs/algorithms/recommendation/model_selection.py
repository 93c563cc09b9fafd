"""Choose the recommendation method: parameters and winner on validation data, final scores on test data.

Time is split in three, so a model is always trained on data from before its evaluation. The driver holds one row per model.
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
from glue_jobs.algorithms.recommendation.recommenders import ALS, POPULARITY, RECENT, Model, Settings, TrainingData, top_products

# Shares of the interactions, by time, that precede validation and test.
SHARES = (0.7, 0.85)
TEMPERING = (0.0, 0.5)
Measures = Mapping[str, Measure]


@dataclass(frozen=True)
class Grid:
    """Parameter values tried for ALS, in all combinations. At most `users` users, sampled by hash, evaluate each model."""

    ranks: tuple[int, ...] = (16,)
    regs: tuple[float, ...] = (0.1,)
    alphas: tuple[float, ...] = (1.0, 10.0)
    iterations: int = 10
    users: int = 2000

    def models(self, co_method: str) -> list[Model]:
        """All models to try, popularity first."""
        factors = [als.Parameters(*each, self.iterations) for each in itertools.product(self.ranks, self.regs, self.alphas)]
        return [
            Model(POPULARITY),
            Model(RECENT),
            *[Model(co_method, tempering=tempering) for tempering in TEMPERING],
            *[Model(ALS, factors=one) for one in factors],
        ]


@dataclass(frozen=True)
class SelectedModel:
    """The winner, and for each method its best model on validation data with its validation and test scores."""

    winner: Model
    validation: Mapping[Model, Measures] = field(default_factory=dict)
    test: Mapping[Model, Measures] = field(default_factory=dict)
    instants: Sequence[datetime] = ()


def select_model(history: DataFrame, categories: DataFrame, settings: Settings, grid: Grid) -> SelectedModel:
    """`history` has the interactions. Popularity wins unless another scores higher on validation; ties go to the simpler."""
    start, end = cuts(history, SHARES)
    objective = f"ndcg_{settings.length}"
    training = TrainingData(before(history, start), settings)
    future = history.where((F.col("at") >= F.lit(start)) & (F.col("at") < F.lit(end)))
    if training.history.isEmpty():
        return SelectedModel(Model(POPULARITY))
    validation = evaluate(training, future, categories, grid.models(f"co_{training.co_kind}"), users=grid.users)
    best: dict[str, Model] = {}
    for model, scores in validation.items():
        leader = best.get(model.method)
        if leader is None or scores[objective].score > validation[leader][objective].score:
            best[model.method] = model
    if not best:
        return SelectedModel(Model(POPULARITY))
    winner = max(best.values(), key=lambda model: validation[model][objective].score)
    final_training = TrainingData(before(history, end), settings)
    test = evaluate(final_training, history.where(F.col("at") >= F.lit(end)), categories, list(best.values()), users=grid.users)
    return SelectedModel(winner, {model: validation[model] for model in best.values()}, test, (end, latest(history)))


def before(history: DataFrame, instant: datetime) -> DataFrame:
    """The interactions before a timestamp."""
    return history.where(F.col("at") < F.lit(instant))


def evaluate(
    training: TrainingData, future: DataFrame, categories: DataFrame, models: Sequence[Model], *, users: int
) -> dict[Model, Measures]:
    """Scores of each model on products not bought before that known users interact with in `future`; {} if there are none."""
    relevant = (
        future.select("user_id", "product_id")
        .distinct()
        .join(training.strengths.select("user_id").distinct(), "user_id")
        .join(training.bought, ["user_id", "product_id"], "left_anti")
    )
    sample = relevant.select("user_id").distinct().orderBy(F.xxhash64("user_id"), "user_id").limit(users)
    relevant = checkpointed(relevant.join(sample, "user_id"))
    recommended = checkpointed(top_products(training, relevant, models))
    length = training.settings.length
    scores = measures(recommended, relevant, history=training.strengths, categories=categories, length=length)
    return {model: scores[place] for place, model in enumerate(models) if place in scores}


def metric_rows(outcome: SelectedModel) -> list[dict[str, Any]]:
    """Rows of model_metrics without job and source."""
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
