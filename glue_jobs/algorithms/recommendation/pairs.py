"""Products that go together more often than chance would have it.

Distributed: all of it. The driver holds nothing. Work grows with the square of a basket's products, so large ones are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


@dataclass(frozen=True)
class PairThresholds:
    """What a pair has to reach: baskets with both, and the log-likelihood ratio (10.83: once in 1,000 by chance)."""

    min_together: int = 5
    min_llr: float = 10.83
    neighbors: int = 50  # the strongest pairs of a product that are kept
    largest_basket: int = 100  # products; more say what a wholesaler stocks, not what goes together


def pairs(baskets: DataFrame, floor: PairThresholds) -> DataFrame:
    """From (basket, product_id) rows, repeated or not, to item_pairs but for kind and source; both directions of each pair."""
    items = baskets.where("basket is not null").select("basket", "product_id").distinct()
    sizes = items.groupBy("basket").count().where(F.col("count") <= floor.largest_basket).select("basket")
    items = items.join(sizes, "basket")
    total = sizes.agg(F.count("*").alias("total_baskets"))
    counts = items.groupBy("product_id").agg(F.count("*").alias("product_baskets"))
    # No pair is more frequent than the rarer of its products.
    frequent = counts.where(F.col("product_baskets") >= floor.min_together)
    kept = items.join(frequent.select("product_id"), "product_id")
    other = kept.select("basket", F.col("product_id").alias("other_product_id"))
    together = (
        kept.join(other, "basket")
        .where("product_id < other_product_id")
        .groupBy("product_id", "other_product_id")
        .agg(F.count("*").alias("pair_baskets"))
        .where(F.col("pair_baskets") >= floor.min_together)
    )
    mirrored = together.select(
        F.explode(
            F.array(
                F.struct("product_id", "other_product_id", "pair_baskets"),
                F.struct(
                    F.col("other_product_id").alias("product_id"), F.col("product_id").alias("other_product_id"), "pair_baskets"
                ),
            )
        ).alias("pair")
    ).select("pair.*")
    others = frequent.select(F.col("product_id").alias("other_product_id"), F.col("product_baskets").alias("other_baskets"))
    counted = mirrored.join(frequent, "product_id").join(others, "other_product_id").crossJoin(F.broadcast(total))
    return _strongest(counted, floor)


def _strongest(counted: DataFrame, floor: PairThresholds) -> DataFrame:
    confidence = F.col("pair_baskets") / F.col("product_baskets")
    judged = counted.select(
        "product_id",
        "other_product_id",
        "pair_baskets",
        "product_baskets",
        "other_baskets",
        "total_baskets",
        (F.col("pair_baskets") / F.col("total_baskets")).alias("support"),
        confidence.alias("confidence"),
        (confidence * F.col("total_baskets") / F.col("other_baskets")).alias("lift"),
        F.expr(LLR).alias("llr"),
    )
    order = Window.partitionBy("product_id").orderBy(F.desc("llr"), "other_product_id")
    strong = judged.where((F.col("llr") >= floor.min_llr) & (F.col("lift") > 1))
    return strong.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= floor.neighbors)


# Dunning (1993): twice the sum, over the four cells of the table of both, one, other and neither, of n ln(n / expected n).
_CELL = "if({n} = 0, 0D, {n} * ln({n} * total_baskets / (cast({row} as double) * {column})))"
_CELLS = (
    ("pair_baskets", "product_baskets", "other_baskets"),
    ("(product_baskets - pair_baskets)", "product_baskets", "(total_baskets - other_baskets)"),
    ("(other_baskets - pair_baskets)", "(total_baskets - product_baskets)", "other_baskets"),
    (
        "(total_baskets - product_baskets - other_baskets + pair_baskets)",
        "(total_baskets - product_baskets)",
        "(total_baskets - other_baskets)",
    ),
)
LLR = "greatest(0D, 2 * (" + " + ".join(_CELL.format(n=n, row=row, column=column) for n, row, column in _CELLS) + "))"
