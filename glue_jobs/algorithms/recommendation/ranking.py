"""How good lists of recommendations are, seen from what users did afterwards.

Distributed: all of it but the last few numbers per model, which the driver holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

NORMAL = 1.959964  # of a standard normal, 95 % lie within


@dataclass(frozen=True)
class Measure:
    """A score with its 95 % interval (none for what is no mean over users), over so many users."""

    score: float
    ci_low: float | None
    ci_high: float | None
    sample_size: int


def per_user(lists: DataFrame, relevant: DataFrame, *, length: int) -> DataFrame:
    """model, user_id, hit, ndcg, average_precision: how well each list foretold the user's relevant products.

    `lists` has model, user_id, rank (from 1 to `length`), product_id; `relevant` user_id, product_id, each once. Users without a
    list count as misses of every model. Gains are 1 per relevant product, discounted by log2(rank + 1) (Jarvelin & Kekalainen
    2002); both ndcg and average precision are parts of what the best list of `length` would have.
    """
    wanted = relevant.groupBy("user_id").agg(F.count("*").alias("relevant"))
    cases = wanted.crossJoin(lists.select("model").distinct())
    so_far = Window.partitionBy("model", "user_id").orderBy("rank")
    hits = (
        lists.join(relevant, ["user_id", "product_id"])
        .withColumn("hits", F.row_number().over(so_far))
        .groupBy("model", "user_id")
        .agg(
            F.sum(1 / F.log2(F.col("rank") + 1.0)).alias("gain"),
            F.sum(F.col("hits") / F.col("rank")).alias("precisions"),
        )
    )
    best = f"least({length}, relevant)"
    ideal = F.expr(f"aggregate(sequence(1, cast({best} as int)), 0D, (sum, place) -> sum + 1 / log2(place + 1D))")
    return cases.join(hits, ["model", "user_id"], "left").select(
        "model",
        "user_id",
        F.when(F.col("gain") > 0, 1.0).otherwise(0.0).alias("hit"),
        (F.coalesce("gain", F.lit(0.0)) / ideal).alias("ndcg"),
        (F.coalesce("precisions", F.lit(0.0)) / F.expr(best)).alias("average_precision"),
    )


def measures(
    lists: DataFrame, relevant: DataFrame, *, history: DataFrame, categories: DataFrame, length: int
) -> dict[int, dict[str, Measure]]:
    """By model: hit_rate, ndcg, map, coverage and cross_category_share, the first three with `_<length>` in their names.

    Coverage is the share of the products of `history` (user_id, product_id, strength) that any list has. Cross-category share
    is the share of places whose category is not the user's first, the one with the most strength; places and users without a
    known category are left out. `categories` has product_id, category.
    """
    figures = (
        per_user(lists, relevant, length=length)
        .groupBy("model")
        .agg(
            F.count("*").alias("cases"),
            *[
                part
                for name in ("hit", "ndcg", "average_precision")
                for part in (F.avg(name).alias(name), F.stddev_samp(name).alias(f"{name}_sd"))
            ],
        )
    )
    products = history.agg(F.countDistinct("product_id").alias("all_products"))
    shown = lists.groupBy("model").agg(F.countDistinct("product_id").alias("shown")).crossJoin(F.broadcast(products))
    rows = figures.join(shown, "model").join(_crossings(lists, history, categories), "model", "left").collect()
    return {row["model"]: _measures(row, length) for row in rows}


def _crossings(lists: DataFrame, history: DataFrame, categories: DataFrame) -> DataFrame:
    """model, crossed, placed."""
    known = categories.where("category is not null")
    liked = history.join(known, "product_id").groupBy("user_id", "category").agg(F.sum("strength").alias("liking"))
    first = liked.groupBy("user_id").agg(F.max_by("category", F.struct("liking", "category")).alias("first_category"))
    places = lists.join(known, "product_id").join(first, "user_id")
    return places.groupBy("model").agg(
        F.count("*").alias("placed"), F.count_if(F.col("category") != F.col("first_category")).alias("crossed")
    )


def _measures(row: Row, length: int) -> dict[str, Measure]:
    cases = row["cases"]
    means = {"hit": f"hit_rate_{length}", "ndcg": f"ndcg_{length}", "average_precision": f"map_{length}"}
    found = {}
    for name, metric in means.items():
        half = NORMAL * row[f"{name}_sd"] / cases**0.5 if cases > 1 else None
        low, high = (None, None) if half is None else (row[name] - half, row[name] + half)
        found[metric] = Measure(row[name], low, high, cases)
    found["coverage"] = Measure(row["shown"] / row["all_products"], None, None, row["all_products"])
    if row["placed"]:
        found["cross_category_share"] = Measure(row["crossed"] / row["placed"], None, None, row["placed"])
    return found
