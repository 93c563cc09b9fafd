"""Ranking metrics: how well recommendations match what users did afterwards.

Distributed: all but the last few numbers per model, which the driver holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

NORMAL = 1.959964  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class Measure:
    """A score with its 95 % interval (None if it is not a mean over users) and the number of users."""

    score: float
    ci_low: float | None
    ci_high: float | None
    sample_size: int


def per_user(recommended: DataFrame, relevant: DataFrame, *, length: int) -> DataFrame:
    """model, user_id, hit, ndcg, average_precision per user.

    `recommended` has model, user_id, rank (1 to `length`), product_id; `relevant` has distinct user_id, product_id. Users
    without recommendations count as misses of every model. The gain is 1 per relevant product, discounted by log2(rank + 1)
    (Järvelin & Kekäläinen 2002). NDCG and average precision are relative to the best possible `length` products.
    """
    users = relevant.groupBy("user_id").agg(F.count("*").alias("relevant"))
    cases = users.crossJoin(recommended.select("model").distinct())
    so_far = Window.partitionBy("model", "user_id").orderBy("rank")
    hits = (
        recommended.join(relevant, ["user_id", "product_id"])
        .withColumn("hits", F.row_number().over(so_far))
        .groupBy("model", "user_id")
        .agg(
            F.sum(1 / F.log2(F.col("rank") + 1.0)).alias("gain"),
            F.sum(F.col("hits") / F.col("rank")).alias("precisions"),
        )
    )
    longest = f"least({length}, relevant)"
    ideal = F.expr(f"aggregate(sequence(1, cast({longest} as int)), 0D, (sum, place) -> sum + 1 / log2(place + 1D))")
    return cases.join(hits, ["model", "user_id"], "left").select(
        "model",
        "user_id",
        F.when(F.col("gain") > 0, 1.0).otherwise(0.0).alias("hit"),
        (F.coalesce("gain", F.lit(0.0)) / ideal).alias("ndcg"),
        (F.coalesce("precisions", F.lit(0.0)) / F.expr(longest)).alias("average_precision"),
    )


def measures(
    each: DataFrame, recommended: DataFrame, *, history: DataFrame, categories: DataFrame, length: int
) -> dict[int, dict[str, Measure]]:
    """By model: hit_rate, ndcg, map (each with `_<length>` in its name), coverage and cross_category_share.

    `each` is `per_user` of the `recommended` products. Coverage is the share of the products of `history` (user_id, product_id,
    strength) that are recommended to anyone. Cross-category share is the share of recommendations outside the user's main
    category, the one with the highest strength; products and users without a category are skipped. `categories` has
    product_id, category.
    """
    figures = each.groupBy("model").agg(
        F.count("*").alias("cases"),
        *[
            part
            for name in ("hit", "ndcg", "average_precision")
            for part in (F.avg(name).alias(name), F.stddev_samp(name).alias(f"{name}_sd"))
        ],
    )
    products = history.agg(F.countDistinct("product_id").alias("all_products"))
    shown = recommended.groupBy("model").agg(F.countDistinct("product_id").alias("shown")).crossJoin(F.broadcast(products))
    rows = figures.join(shown, "model").join(_crossings(recommended, history, categories), "model", "left").collect()
    return {row["model"]: _measures(row, length) for row in rows}


def improvements(each: DataFrame, *, baseline: int) -> dict[int, Measure]:
    """By model: the mean over users of its NDCG less that of the model `baseline` for the same user."""
    theirs = each.where(F.col("model") == baseline).select("user_id", F.col("ndcg").alias("baseline"))
    gain = F.col("ndcg") - F.col("baseline")
    sums = each.join(theirs, "user_id").groupBy("model")
    rows = sums.agg(F.count("*").alias("cases"), F.avg(gain).alias("gain"), F.stddev_samp(gain).alias("gain_sd")).collect()
    return {row["model"]: _mean(row, "gain") for row in rows}


def _crossings(recommended: DataFrame, history: DataFrame, categories: DataFrame) -> DataFrame:
    """model, crossed, placed."""
    known = categories.where("category is not null")
    liked = history.join(known, "product_id").groupBy("user_id", "category").agg(F.sum("strength").alias("liking"))
    first = liked.groupBy("user_id").agg(F.max_by("category", F.struct("liking", "category")).alias("first_category"))
    places = recommended.join(known, "product_id").join(first, "user_id")
    return places.groupBy("model").agg(
        F.count("*").alias("placed"), F.count_if(F.col("category") != F.col("first_category")).alias("crossed")
    )


def _measures(row: Row, length: int) -> dict[str, Measure]:
    means = {"hit": f"hit_rate_{length}", "ndcg": f"ndcg_{length}", "average_precision": f"map_{length}"}
    scores = {}
    for name, metric in means.items():
        scores[metric] = _mean(row, name)
    scores["coverage"] = Measure(row["shown"] / row["all_products"], None, None, row["all_products"])
    if row["placed"]:
        scores["cross_category_share"] = Measure(row["crossed"] / row["placed"], None, None, row["placed"])
    return scores


def _mean(row: Row, name: str) -> Measure:
    cases = row["cases"]
    half = NORMAL * row[f"{name}_sd"] / cases**0.5 if cases > 1 else None
    low, high = (None, None) if half is None else (row[name] - half, row[name] + half)
    return Measure(row[name], low, high, cases)
