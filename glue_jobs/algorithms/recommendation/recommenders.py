"""Recommendation methods: the top products per user, from the interactions up to a timestamp.

Distributed: all of it. The driver holds only the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.recommendation import als
from glue_jobs.algorithms.recommendation.interactions import latest, strengths
from glue_jobs.algorithms.recommendation.pairs import PairThresholds, pairs
from glue_jobs.lib.lake.parallel import map_parallel

POPULARITY, RECENT, ALS = "popularity", "recent", "als"
EXTRA_CANDIDATES = 50  # extra products per user, because some are already bought


@dataclass(frozen=True)
class Settings:
    """Weights per kind of interaction, the half-lives that every method tries, and the settings of each method."""

    weights: Mapping[str, float] = field(default_factory=lambda: {"view": 1.0, "cart": 3.0, "purchase": 5.0})
    half_lives: tuple[float, ...] = (3.0, 10.0, 30.0, 90.0)
    length: int = 10
    candidates: int = 2000
    pair_thresholds: PairThresholds = field(default_factory=PairThresholds)
    seed: int = 7


@dataclass(frozen=True)
class Model:
    """A method and its parameters. `tempering` for co-occurrence: 0 ranks by confidence, 0.5 by cosine, 1 by lift."""

    method: str
    half_life_days: float
    factors: als.Parameters | None = None
    tempering: float | None = None

    @property
    def parameters(self) -> dict[str, float]:
        own = dict(vars(self.factors)) if self.factors else {} if self.tempering is None else {"tempering": self.tempering}
        return {"half_life_days": self.half_life_days, **own}


@dataclass(frozen=True)
class TrainingData:
    """The interactions of a source up to a timestamp, and what the methods derive from them."""

    history: DataFrame
    settings: Settings
    _pairs: dict[str, DataFrame] = field(default_factory=dict)

    @cached_property
    def every_strength(self) -> DataFrame:
        """user_id (null for all unknown), product_id, and a strength per half-life at the instant of the latest interaction."""
        settings = self.settings
        every = strengths(self.history, weights=settings.weights, half_lives=settings.half_lives, as_of=latest(self.history))
        return checkpointed(every)

    def column(self, half_life_days: float) -> str:
        """The column of `every_strength`."""
        return f"strength_{self.settings.half_lives.index(half_life_days)}"

    def strengths(self, half_life_days: float) -> DataFrame:
        """user_id (null for all unknown), product_id, strength."""
        return self.every_strength.select("user_id", "product_id", F.col(self.column(half_life_days)).alias("strength"))

    @property
    def lasting(self) -> DataFrame:
        """Strengths with the longest half-life."""
        return self.strengths(max(self.settings.half_lives))

    @cached_property
    def bought(self) -> DataFrame:
        """user_id, product_id of all purchases."""
        return checkpointed(
            self.history.where("kind = 'purchase' and user_id is not null").select("user_id", "product_id").distinct()
        )

    def without_bought(self, scored: DataFrame) -> DataFrame:
        """The rows of a frame with user_id and product_id whose user has not bought the product."""
        return scored.join(self.bought, ["user_id", "product_id"], "left_anti")

    @cached_property
    def popular(self) -> DataFrame:
        """half_life_days, product_id, score: the products with the highest total strength."""
        half_lives = self.settings.half_lives
        sums = [F.sum(self.column(days)).alias(self.column(days)) for days in half_lives]
        totals = self.every_strength.groupBy("product_id").agg(*sums)
        each = _per_score(totals, {days: F.col(self.column(days)) for days in half_lives}, "half_life_days", "product_id")
        order = Window.partitionBy("half_life_days").orderBy(F.desc("score"), "product_id")
        ranked = each.withColumn("rank", F.row_number().over(order))
        return checkpointed(ranked.where(F.col("rank") <= self.settings.length + EXTRA_CANDIDATES).drop("rank"))

    def pairs(self, kind: str) -> DataFrame:
        """item_pairs without kind and source."""
        if kind not in self._pairs:
            self._pairs[kind] = checkpointed(pairs(self.history.where(F.col("kind") == kind), self.settings.pair_thresholds))
        return self._pairs[kind]

    def derived(self) -> tuple[DataFrame, ...]:
        """What does not depend on a model's parameters, computed once; several training sets can be prepared at a time."""
        return self.every_strength, self.bought, self.popular, self.pairs(self.co_kind)

    @cached_property
    def co_kind(self) -> str:
        """The kind of interaction that co-occurrence uses: views, or purchases in a source without views."""
        return "purchase" if self.history.where("kind = 'view'").isEmpty() else "view"


def top_products(training: TrainingData, users: DataFrame, models: Sequence[Model]) -> DataFrame:
    """model (index in `models`), user_id, rank, product_id, score, method: the best products that a user has not bought.

    `users` has user_id. If a model has too few products for a user, popular products of the same half-life follow.
    """
    if not models:
        raise ValueError("top_products() needs at least one model.")
    users = users.where("user_id is not null").select("user_id").distinct()
    methods = F.create_map(*[F.lit(part) for pair in enumerate(model.method for model in models) for part in pair])
    offers = _popular(training, users, models)
    for scored in _scored(training, users, models):
        own = _best(scored, training, "model").withColumn("follows", F.lit(0)).withColumn("method", methods[F.col("model")])
        offers = offers.unionByName(own)
    once = Window.partitionBy("user_id", "model", "product_id").orderBy("follows")
    order = Window.partitionBy("user_id", "model").orderBy("follows", F.desc("score"), "product_id")
    ranked = (
        # One exchange serves both windows.
        offers.repartition("user_id", "model")
        .withColumn("time", F.row_number().over(once))
        .where("time = 1")
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= training.settings.length)
    )
    return ranked.select("model", "user_id", "rank", "product_id", "score", "method")


def _popular(training: TrainingData, users: DataFrame, models: Sequence[Model]) -> DataFrame:
    """The most popular products per model and user, as offers. They follow the products of all methods but popularity."""
    half_lives = list(dict.fromkeys(model.half_life_days for model in models))
    every = training.without_bought(
        users.crossJoin(F.broadcast(training.popular.where(F.col("half_life_days").isin(half_lives))))
    )
    uses = {
        days: F.array(
            *[
                F.struct(F.lit(place).alias("model"), F.lit(int(model.method != POPULARITY)).alias("follows"))
                for place, model in enumerate(models)
                if model.half_life_days == days
            ]
        )
        for days in half_lives
    }
    by_half_life = F.create_map(*[part for days, use in uses.items() for part in (F.lit(days), use)])
    return _best(every, training, "half_life_days").select(
        "user_id", "product_id", "score", F.inline(by_half_life[F.col("half_life_days")]), F.lit(POPULARITY).alias("method")
    )


def _best(scored: DataFrame, training: TrainingData, by: str) -> DataFrame:
    """Each user's products with the highest scores, as many as a list has places, for each value of `by`.

    More are never needed: a list with n products of its own has at most n of the popular ones already.
    """
    # Rows are sorted by the first bytes of the first column, which separate users, but not models.
    order = Window.partitionBy("user_id", by).orderBy(F.desc("score"), "product_id")
    ranked = scored.withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= training.settings.length).drop("rank")


def _scored(training: TrainingData, users: DataFrame, models: Sequence[Model]) -> Iterable[DataFrame]:
    """model, user_id, product_id (not bought), score of methods other than popularity.

    `recent` scores what the user has interacted with. What was bought is dropped before there is a row for each model.
    """
    own = training.every_strength.join(users, "user_id")
    recent = {place: F.col(training.column(one.half_life_days)) for place, one in enumerate(models) if one.method == RECENT}
    if recent:
        yield _per_score(training.without_bought(own), recent, "model", "user_id", "product_id")
    co = {
        place: (training.column(one.half_life_days), one.tempering)
        for place, one in enumerate(models)
        if one.tempering is not None
    }
    if co:
        scored = co_scores(own, training.pairs(training.co_kind), co)
        columns = {place: F.col(f"score_{place}") for place in co}
        yield _per_score(training.without_bought(scored), columns, "model", "user_id", "product_id")
    learning = [(place, one) for place, one in enumerate(models) if one.factors]
    yield from map_parallel(learning, lambda numbered: _learned(training, users, *numbered))


def _learned(training: TrainingData, users: DataFrame, place: int, model: Model) -> DataFrame:
    settings = training.settings
    assert model.factors
    scored = als.scores(
        training.strengths(model.half_life_days),
        users,
        parameters=model.factors,
        candidates=settings.candidates,
        length=settings.length + EXTRA_CANDIDATES,
        seed=settings.seed,
    )
    return training.without_bought(scored).select(F.lit(place).alias("model"), "user_id", "product_id", "score")


def co_scores(liked: DataFrame, neighbors: DataFrame, models: Mapping[int, tuple[str, float]]) -> DataFrame:
    """user_id, product_id, score_<model>: strength of each liked product times its confidence, tempered by the other's frequency.

    `models` has for each model the column of its strength in `liked`, and its tempering.
    """
    frequency = F.col("other_baskets") / F.col("total_baskets")
    near = neighbors.select("product_id", "other_product_id", "confidence", frequency.alias("frequency"))
    sums = [
        F.sum(F.col(strength) * (F.col("confidence") / F.pow("frequency", F.lit(tempering)))).alias(f"score_{place}")
        for place, (strength, tempering) in models.items()
    ]
    return liked.join(near, "product_id").groupBy("user_id", F.col("other_product_id").alias("product_id")).agg(*sums)


def _per_score(scored: DataFrame, scores: Mapping[int, Column] | Mapping[float, Column], name: str, *keys: str) -> DataFrame:
    """`keys`, `name` and score: a row for each of `scores`, where `scored` has a row for all."""
    each = F.array(*[F.struct(F.lit(value).alias(name), score.alias("score")) for value, score in scores.items()])
    return scored.select(*keys, F.inline(each))
