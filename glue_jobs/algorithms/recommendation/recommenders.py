"""Recommendation methods: the top products per user, from the interactions up to a timestamp.

Distributed: all of it. The driver holds only the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.recommendation import als
from glue_jobs.algorithms.recommendation.interactions import latest, strengths
from glue_jobs.algorithms.recommendation.pairs import PairThresholds, pairs

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
    _popular: dict[float, DataFrame] = field(default_factory=dict)

    @cached_property
    def _strengths(self) -> DataFrame:
        settings = self.settings
        every = strengths(self.history, weights=settings.weights, half_lives=settings.half_lives, as_of=latest(self.history))
        return checkpointed(every)

    def strengths(self, half_life_days: float) -> DataFrame:
        """user_id (null for all unknown), product_id, strength at the instant of the latest interaction."""
        place = self.settings.half_lives.index(half_life_days)
        return self._strengths.select("user_id", "product_id", F.col(f"strength_{place}").alias("strength"))

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

    def popular(self, half_life_days: float) -> DataFrame:
        """product_id, score: the products with the highest total strength."""
        if half_life_days not in self._popular:
            totals = self.strengths(half_life_days).groupBy("product_id").agg(F.sum("strength").alias("score"))
            most = totals.orderBy(F.desc("score"), "product_id").limit(self.settings.length + EXTRA_CANDIDATES)
            self._popular[half_life_days] = checkpointed(most)
        return self._popular[half_life_days]

    def pairs(self, kind: str) -> DataFrame:
        """item_pairs without kind and source."""
        if kind not in self._pairs:
            self._pairs[kind] = checkpointed(pairs(self.history.where(F.col("kind") == kind), self.settings.pair_thresholds))
        return self._pairs[kind]

    @cached_property
    def co_kind(self) -> str:
        """The kind of interaction that co-occurrence uses: views, or purchases in a source without views."""
        return "purchase" if self.history.where("kind = 'view'").isEmpty() else "view"


def top_products(training: TrainingData, users: DataFrame, models: Sequence[Model]) -> DataFrame:
    """model (index in `models`), user_id, rank, product_id, score, method: the best products that a user has not bought.

    `users` has user_id. If a model has too few products for a user, popular products of the same half-life follow.
    """
    users = users.where("user_id is not null").select("user_id").distinct()
    popular = {days: _popular(training, users, days) for days in dict.fromkeys(model.half_life_days for model in models)}
    offers = None
    for place, model in enumerate(models):
        follow = popular[model.half_life_days]
        scored = follow if model.method == POPULARITY else _scored(training, users, model)
        offer = _offer(scored, place, model.method, follows=0)
        if model.method != POPULARITY:
            offer = offer.unionByName(_offer(follow, place, POPULARITY, follows=1))
        offers = offer if offers is None else offers.unionByName(offer)
    if offers is None:
        raise ValueError("top_products() needs at least one model.")
    open_to = offers.join(training.bought, ["user_id", "product_id"], "left_anti")
    once = Window.partitionBy("model", "user_id", "product_id").orderBy("follows")
    order = Window.partitionBy("model", "user_id").orderBy("follows", F.desc("score"), "product_id")
    ranked = (
        open_to.withColumn("time", F.row_number().over(once))
        .where("time = 1")
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= training.settings.length)
    )
    return ranked.select("model", "user_id", "rank", "product_id", "score", "method")


def _popular(training: TrainingData, users: DataFrame, half_life_days: float) -> DataFrame:
    """user_id, product_id, score: the most popular products that each user has not bought, as many as a list has places.

    More are never needed: a list with n products of its own has at most n of these already.
    """
    every = users.crossJoin(F.broadcast(training.popular(half_life_days)))
    order = Window.partitionBy("user_id").orderBy(F.desc("score"), "product_id")
    ranked = every.join(training.bought, ["user_id", "product_id"], "left_anti").withColumn("rank", F.row_number().over(order))
    return checkpointed(ranked.where(F.col("rank") <= training.settings.length).drop("rank"))


def _offer(scored: DataFrame, place: int, method: str, *, follows: int) -> DataFrame:
    constants: dict[str, Column] = {"model": F.lit(place), "method": F.lit(method), "follows": F.lit(follows)}
    return scored.select("user_id", "product_id", "score", *[value.alias(name) for name, value in constants.items()])


def _scored(training: TrainingData, users: DataFrame, model: Model) -> DataFrame:
    """user_id, product_id, score of a method other than popularity. `recent` scores what the user has interacted with."""
    settings, strength = training.settings, training.strengths(model.half_life_days)
    own = strength.join(users, "user_id")
    if model.method == RECENT:
        return own.withColumnRenamed("strength", "score")
    if model.factors:
        return als.scores(
            strength,
            users,
            parameters=model.factors,
            candidates=settings.candidates,
            length=settings.length + EXTRA_CANDIDATES,
            seed=settings.seed,
        )
    return co_scores(own, training.pairs(training.co_kind), tempering=model.tempering or 0.0)


def co_scores(liked: DataFrame, neighbors: DataFrame, *, tempering: float) -> DataFrame:
    """user_id, product_id, score: strength of each liked product times its confidence, tempered by the other's frequency."""
    weight = F.col("confidence") / F.pow(F.col("other_baskets") / F.col("total_baskets"), F.lit(tempering))
    near = neighbors.select("product_id", "other_product_id", weight.alias("weight"))
    return (
        liked.join(near, "product_id")
        .groupBy("user_id", F.col("other_product_id").alias("product_id"))
        .agg(F.sum(F.col("strength") * F.col("weight")).alias("score"))
    )
