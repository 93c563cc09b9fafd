"""Alternating least squares on implicit feedback (Hu, Koren & Volinsky 2008).

Distributed: the factors, and the scores of all users and products. The driver holds nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed

# Iterations between checkpoints: a longer lineage overflows the stack of the tasks that receive it.
CHECKPOINT_EVERY = 3
# Every half iteration is two Spark jobs with a task for each block; the fits of a grid run side by side.
RATINGS_PER_BLOCK, MOST_BLOCKS = 500_000, 32


@dataclass(frozen=True)
class Parameters:
    """Confidence in an interaction is 1 + alpha * strength."""

    rank: int = 16
    reg: float = 0.1
    alpha: float = 10.0
    iterations: int = 10


def scores(
    strengths: DataFrame, users: DataFrame, *, parameters: Parameters, candidates: int, length: int, seed: int
) -> DataFrame:
    """user_id, product_id, score: the best `length` products for each of `users` who is in `strengths`.

    Only the `candidates` products with the highest total strength are trained and recommended. Factors of products with
    few interactions are unreliable, and every user is scored against every product.
    """
    strongest = strengths.groupBy("product_id").agg(F.sum("strength").alias("all")).orderBy(F.desc("all"), "product_id")
    product_numbers = checkpointed(_numbered(strongest.limit(candidates), "product_id", "product"))
    user_numbers = checkpointed(_numbered(strengths.where("user_id is not null").select("user_id").distinct(), "user_id", "user"))
    ratings = strengths.join(product_numbers, "product_id").join(user_numbers, "user_id").select("user", "product", "strength")
    blocks = min(MOST_BLOCKS, 1 + strengths.count() // RATINGS_PER_BLOCK)
    settings = asdict(parameters)
    model = ALS(
        rank=settings["rank"],
        regParam=settings["reg"],
        alpha=settings["alpha"],
        maxIter=settings["iterations"],
        implicitPrefs=True,
        checkpointInterval=CHECKPOINT_EVERY,
        userCol="user",
        itemCol="product",
        ratingCol="strength",
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
    ).fit(ratings)
    requested = user_numbers.join(users.select("user_id").distinct(), "user_id")
    best = model.recommendForUserSubset(requested, length).select("user", F.inline("recommendations").alias("product", "score"))
    return (
        best.join(user_numbers, "user")
        .join(product_numbers, "product")
        .select("user_id", "product_id", F.col("score").cast("double"))
    )


def _numbered(frame: DataFrame, column: str, number: str) -> DataFrame:
    """ALS identifies users and products by integers."""
    return frame.select(column, F.row_number().over(Window.orderBy(column)).alias(number))
