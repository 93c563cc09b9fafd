"""Lists of products for users, by each method, from what was known at an instant.

Distributed: all of it. The driver holds the parameters only.
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
RESERVE = 50  # products beyond the list's length that a method gives, since some of them are bought already


@dataclass(frozen=True)
class Settings:
    """Weights of an interaction's kind, the days in which they halve, and what each method is told."""

    weights: Mapping[str, float] = field(default_factory=lambda: {"view": 1.0, "cart": 3.0, "purchase": 5.0})
    half_life_days: float = 30.0
    length: int = 10
    candidates: int = 2000
    floor: PairThresholds = field(default_factory=PairThresholds)
    seed: int = 7


@dataclass(frozen=True)
class Model:
    """A method and its parameters. `tempering` of co-occurrence: 0 ranks by confidence, 0.5 by cosine, 1 by lift."""

    method: str
    factors: als.Parameters | None = None
    tempering: float | None = None

    @property
    def parameters(self) -> dict[str, float]:
        return dict(vars(self.factors)) if self.factors else {} if self.tempering is None else {"tempering": self.tempering}


@dataclass(frozen=True)
class TrainingData:
    """What was known: the interactions of a source up to an instant."""

    history: DataFrame
    settings: Settings
    _pairs: dict[str, DataFrame] = field(default_factory=dict)

    @cached_property
    def strengths(self) -> DataFrame:
        """user_id (null for all unknown), product_id, strength at the instant of the latest interaction."""
        given = self.settings
        made = strengths(self.history, weights=given.weights, half_life_days=given.half_life_days, as_of=latest(self.history))
        return checkpointed(made)

    @cached_property
    def bought(self) -> DataFrame:
        """user_id, product_id of all that was bought."""
        return checkpointed(
            self.history.where("kind = 'purchase' and user_id is not null").select("user_id", "product_id").distinct()
        )

    @cached_property
    def popular(self) -> DataFrame:
        """product_id, score: the strongest over all users."""
        every = self.strengths.groupBy("product_id").agg(F.sum("strength").alias("score"))
        return checkpointed(every.orderBy(F.desc("score"), "product_id").limit(self.settings.length + RESERVE))

    def pairs(self, kind: str) -> DataFrame:
        """item_pairs but for kind and source."""
        if kind not in self._pairs:
            self._pairs[kind] = checkpointed(pairs(self.history.where(F.col("kind") == kind), self.settings.floor))
        return self._pairs[kind]

    @cached_property
    def co_kind(self) -> str:
        """What co-occurrence is taken from: views, or purchases in a source without views."""
        return "purchase" if self.history.where("kind = 'view'").isEmpty() else "view"


def lists(known: TrainingData, users: DataFrame, models: Sequence[Model]) -> DataFrame:
    """model (its place in `models`), user_id, rank, product_id, score, method: the best products that each user has not bought.

    `users` has user_id. Where a model knows fewer products than a list holds, popular ones follow.
    """
    users = users.where("user_id is not null").select("user_id").distinct()
    popular = users.crossJoin(F.broadcast(known.popular))
    offers = None
    for place, model in enumerate(models):
        found = popular if model.method == POPULARITY else _scored(known, users, model)
        offer = _offer(found, place, model.method, follows=0)
        if model.method != POPULARITY:
            offer = offer.unionByName(_offer(popular, place, POPULARITY, follows=1))
        offers = offer if offers is None else offers.unionByName(offer)
    if offers is None:
        raise ValueError("No model was given.")
    open_to = offers.join(known.bought, ["user_id", "product_id"], "left_anti")
    once = Window.partitionBy("model", "user_id", "product_id").orderBy("follows")
    order = Window.partitionBy("model", "user_id").orderBy("follows", F.desc("score"), "product_id")
    ranked = (
        open_to.withColumn("time", F.row_number().over(once))
        .where("time = 1")
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= known.settings.length)
    )
    return ranked.select("model", "user_id", "rank", "product_id", "score", "method")


def _offer(found: DataFrame, place: int, method: str, *, follows: int) -> DataFrame:
    constants: dict[str, Column] = {"model": F.lit(place), "method": F.lit(method), "follows": F.lit(follows)}
    return found.select("user_id", "product_id", "score", *[value.alias(name) for name, value in constants.items()])


def _scored(known: TrainingData, users: DataFrame, model: Model) -> DataFrame:
    """user_id, product_id, score by a method other than popularity; `recent` is what the user met already and did not buy."""
    given = known.settings
    own = known.strengths.join(users, "user_id")
    if model.method == RECENT:
        return own.withColumnRenamed("strength", "score")
    if model.factors:
        return als.scores(
            known.strengths,
            users,
            parameters=model.factors,
            candidates=given.candidates,
            length=given.length + RESERVE,
            seed=given.seed,
        )
    return co_scores(own, known.pairs(known.co_kind), tempering=model.tempering or 0.0)


def co_scores(liked: DataFrame, neighbors: DataFrame, *, tempering: float) -> DataFrame:
    """user_id, product_id, score: strength of each liked product times its confidence, tempered by the frequency of the other."""
    weight = F.col("confidence") / F.pow(F.col("other_baskets") / F.col("total_baskets"), F.lit(tempering))
    near = neighbors.select("product_id", "other_product_id", weight.alias("weight"))
    return (
        liked.join(near, "product_id")
        .groupBy("user_id", F.col("other_product_id").alias("product_id"))
        .agg(F.sum(F.col("strength") * F.col("weight")).alias("score"))
    )
