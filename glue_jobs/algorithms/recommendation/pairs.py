"""Products that are frequently bought or viewed together.

Distributed: all of it. The driver holds nothing. Work grows with the square of a basket's size, so large baskets are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


@dataclass(frozen=True)
class PairThresholds:
    """Minimum number of baskets with both products, and minimum log-likelihood ratio (10.83: 1 in 1,000 by chance)."""

    min_pair_baskets: int = 5
    min_llr: float = 10.83
    neighbors: int = 50  # pairs kept per product
    max_basket_products: int = 100  # larger baskets show what a wholesaler stocks, not what goes together


def pairs(baskets: DataFrame, thresholds: PairThresholds) -> DataFrame:
    """From (basket, product_id) rows, repeated or not, to item_pairs without kind and source; both directions of a pair."""
    items = baskets.where("basket is not null").select("basket", "product_id").distinct()
    sizes = items.groupBy("basket").count().where(F.col("count") <= thresholds.max_basket_products).select("basket")
    items = items.join(sizes, "basket")
    total = sizes.agg(F.count("*").alias("total_baskets"))
    counts = items.groupBy("product_id").agg(F.count("*").alias("product_baskets"))
    # A pair is at most as frequent as its rarer product.
    frequent = counts.where(F.col("product_baskets") >= thresholds.min_pair_baskets)
    kept = items.join(frequent.select("product_id"), "product_id")
    other = kept.select("basket", F.col("product_id").alias("other_product_id"))
    together = (
        kept.join(other, "basket")
        .where("product_id < other_product_id")
        .groupBy("product_id", "other_product_id")
        .agg(F.count("*").alias("pair_baskets"))
        .where(F.col("pair_baskets") >= thresholds.min_pair_baskets)
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
    counts_of_pairs = mirrored.join(frequent, "product_id").join(others, "other_product_id").crossJoin(F.broadcast(total))
    return _strongest(counts_of_pairs, thresholds)


def _strongest(counts_of_pairs: DataFrame, thresholds: PairThresholds) -> DataFrame:
    confidence = F.col("pair_baskets") / F.col("product_baskets")
    measured = counts_of_pairs.select(
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
    strong = measured.where((F.col("llr") >= thresholds.min_llr) & (F.col("lift") > 1))
    return strong.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= thresholds.neighbors)


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
