"""Choose the recommendation method: parameters and winner on validation data, final scores on test data.

Time is split in three, so a model is always trained on data from before its evaluation. A model is published if it beats the
best baseline for the same users by an interval on validation data. The driver holds one row per model.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.recommendation import als
from glue_jobs.algorithms.recommendation.interactions import cuts, latest
from glue_jobs.algorithms.recommendation.ranking import Measure, improvements, measures, per_user
from glue_jobs.algorithms.recommendation.recommenders import ALS, POPULARITY, RECENT, Model, TrainingData, top_products
from glue_jobs.lib.lake.parallel import map_parallel

# Shares of the interactions, by time, that precede validation and test.
SHARES = (0.7, 0.85)
TEMPERING = (0.0, 0.5)
# Methods that learn nothing about the user's taste.
BASELINES = (POPULARITY, RECENT)
IMPROVEMENT = "improvement_ndcg_10"
Measures = Mapping[str, Measure]


@dataclass(frozen=True)
class Grid:
    """Parameter values tried for ALS, in all combinations. At most `users` users, sampled by hash, evaluate each model.

    A fit of ALS costs more than all other models: only its first parameters try every half-life, others the middle one.
    """

    ranks: tuple[int, ...] = (16,)
    regs: tuple[float, ...] = (0.1,)
    alphas: tuple[float, ...] = (1.0, 10.0)
    iterations: int = 10
    users: int = 2000

    def models(self, co_method: str, half_lives: Sequence[float]) -> list[Model]:
        """All models to try, popularity first."""
        first, *others = [
            als.Parameters(*each, self.iterations) for each in itertools.product(self.ranks, self.regs, self.alphas)
        ]
        return [
            *[Model(method, days) for method in BASELINES for days in half_lives],
            *[Model(co_method, days, tempering=tempering) for tempering in TEMPERING for days in half_lives],
            *[Model(ALS, days, factors=first) for days in half_lives],
            *[Model(ALS, half_lives[len(half_lives) // 2], factors=one) for one in others],
        ]


@dataclass(frozen=True)
class Evaluation:
    """The models' scores for the same users; `each` is the frame of ranking.per_user, by place in `models`."""

    scores: Mapping[Model, Measures] = field(default_factory=dict)
    models: Sequence[Model] = ()
    each: DataFrame | None = None

    def improvements(self, baseline: Model) -> dict[Model, Measure]:
        """By how much each model that learns beats the baseline."""
        if self.each is None or baseline not in self.scores:
            return {}
        gains = improvements(self.each, baseline=self.models.index(baseline))
        return {
            model: gains[place] for place, model in enumerate(self.models) if place in gains and model.method not in BASELINES
        }


@dataclass(frozen=True)
class Split:
    """Scores of the best model of each method on one part of the data that ends at `as_of`."""

    name: str
    as_of: datetime
    scores: Mapping[Model, Measures]
    improvements: Mapping[Model, Measure]


@dataclass(frozen=True)
class SelectedModel:
    """The winner, the best baseline (which it may be), the best popularity, and the scores that led there."""

    winner: Model
    baseline: Model
    popularity: Model
    splits: Sequence[Split] = ()


def select_model(published: TrainingData, categories: DataFrame, grid: Grid) -> SelectedModel:
    """The best baseline wins unless a model beats it for the same users by an interval. `published` has all interactions."""
    history, settings = published.history, published.settings
    start, end = cuts(history, SHARES)
    objective = f"ndcg_{settings.length}"
    training, final_training = (TrainingData(before(history, instant), settings) for instant in (start, end))
    future = history.where((F.col("at") >= F.lit(start)) & (F.col("at") < F.lit(end)))
    fallback = Model(POPULARITY, max(settings.half_lives))
    if training.history.isEmpty():
        return SelectedModel(fallback, fallback, fallback)
    map_parallel((training, final_training, published), TrainingData.derived)
    models = grid.models(f"co_{training.co_kind}", settings.half_lives)
    validation = evaluate(training, future, categories, models, users=grid.users)
    if not validation.scores:
        return SelectedModel(fallback, fallback, fallback)
    scores = {model: measured[objective].score for model, measured in validation.scores.items()}
    # Ties go to the simpler method and the shorter half-life, which come first.
    best = {method: max((one for one in scores if one.method == method), key=scores.__getitem__) for method in _methods(scores)}
    baseline = max((best[method] for method in BASELINES if method in best), key=scores.__getitem__, default=fallback)
    gains = validation.improvements(baseline)
    won = [model for model in best.values() if model in gains and (gains[model].ci_low or 0.0) > 0]
    winner = max(won, key=scores.__getitem__, default=baseline)
    last = history.where(F.col("at") >= F.lit(end))
    test = evaluate(final_training, last, categories, list(best.values()), users=grid.users)
    chosen = {model: validation.scores[model] for model in best.values()}
    splits = (
        Split("validation", end, chosen, gains),
        Split("test", latest(history), test.scores, test.improvements(baseline)),
    )
    return SelectedModel(winner, baseline, best.get(POPULARITY, fallback), splits)


def _methods(models: Iterable[Model]) -> list[str]:
    return list(dict.fromkeys(model.method for model in models))


def before(history: DataFrame, instant: datetime) -> DataFrame:
    """The interactions before a timestamp."""
    return history.where(F.col("at") < F.lit(instant))


def evaluate(
    training: TrainingData, future: DataFrame, categories: DataFrame, models: Sequence[Model], *, users: int
) -> Evaluation:
    """Scores of each model on products not bought before that known users interact with in `future`; empty without any."""
    relevant = (
        future.select("user_id", "product_id")
        .distinct()
        .join(training.lasting.select("user_id").distinct(), "user_id")
        .join(training.bought, ["user_id", "product_id"], "left_anti")
    )
    sample = relevant.select("user_id").distinct().orderBy(F.xxhash64("user_id"), "user_id").limit(users)
    relevant = checkpointed(relevant.join(sample, "user_id"))
    recommended = checkpointed(top_products(training, relevant, models))
    length = training.settings.length
    each = checkpointed(per_user(recommended, relevant, length=length))
    scores = measures(each, recommended, history=training.lasting, categories=categories, length=length)
    return Evaluation({model: scores[place] for place, model in enumerate(models) if place in scores}, models, each)


def metric_rows(outcome: SelectedModel) -> list[dict[str, Any]]:
    """Rows of model_metrics without job and source. Models are compared with the best baseline, baselines with nothing."""
    rows = []
    for split in outcome.splits:
        theirs = split.scores.get(outcome.baseline, {})
        for model, scores in split.scores.items():
            shared = {
                "model": model.method,
                "split": split.name,
                "parameters": json.dumps(model.parameters),
                "is_published": model == outcome.winner,
                "as_of": split.as_of,
            }
            compared = {} if model.method in BASELINES else theirs
            rows += [_row(shared, name, one, outcome, compared.get(name)) for name, one in scores.items()]
            if model in split.improvements:
                gain = split.improvements[model]
                rows.append(_row(shared, IMPROVEMENT, gain, outcome, Measure(0.0, None, None, gain.sample_size)))
    return rows


def _row(
    shared: Mapping[str, Any], metric: str, measure: Measure, outcome: SelectedModel, baseline: Measure | None
) -> dict[str, Any]:
    return {
        **shared,
        "metric": metric,
        "score": measure.score,
        "ci_low": measure.ci_low,
        "ci_high": measure.ci_high,
        "baseline": outcome.baseline.method if baseline else None,
        "baseline_score": baseline.score if baseline else None,
        "sample_size": measure.sample_size,
    }
