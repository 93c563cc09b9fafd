"""User interactions with products, and their strength as a signal of preference.

Distributed: all of it. The driver holds the few timestamps at which time is split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KINDS = ("view", "cart", "purchase")
SECONDS_A_DAY = 86_400.0


def interactions(*, lines: DataFrame, events: DataFrame) -> DataFrame:
    """One row per interaction: user_id (null if unknown), product_id, kind (of KINDS), at, basket.

    `lines` is fct_order_items and `events` is events, of one source. Purchases come from the sale lines of products, since
    not every source has events; purchase events would count them twice. A basket is an order or a session. Where a source
    has no sessions, it is a user's day; it is null for unknown users.
    """
    seen = events.where("event_type in ('view', 'cart') and product_id is not null").select(
        "user_id",
        "product_id",
        F.col("event_type").alias("kind"),
        F.col("event_time").alias("at"),
        F.coalesce("session_id", F.concat("user_id", F.lit("@"), "event_date")).alias("basket"),
    )
    bought = lines.where("line_type = 'sale' and item_kind = 'product'").select(
        F.col("customer_id").alias("user_id"),
        "product_id",
        F.lit("purchase").alias("kind"),
        F.col("ordered_at").alias("at"),
        F.col("order_id").alias("basket"),
    )
    return seen.unionByName(bought)


def strengths(history: DataFrame, *, weights: Mapping[str, float], half_lives: Sequence[float], as_of: datetime) -> DataFrame:
    """user_id (null for all unknown), product_id, and strength_<place> for each half-life in days.

    A strength is the sum of weights, each halved per half-life of its age.
    """
    weight = F.create_map(*[F.lit(part) for pair in weights.items() for part in pair])[F.col("kind")]
    age = (F.lit(as_of.timestamp()) - F.unix_micros("at") / 1e6) / SECONDS_A_DAY
    sums = [F.sum(weight * F.pow(F.lit(0.5), age / days)).alias(f"strength_{place}") for place, days in enumerate(half_lives)]
    return history.groupBy("user_id", "product_id").agg(*sums)


def cuts(history: DataFrame, shares: Sequence[float]) -> list[datetime]:
    """The timestamps before which these shares of the interactions lie, within 0.001. Needs at least one interaction."""
    return _instants(history.agg(F.percentile_approx(F.unix_micros("at"), list(shares), 10_000).alias("instants")))


def latest(history: DataFrame) -> datetime:
    """The timestamp of the latest interaction. Needs at least one interaction."""
    (instant,) = _instants(history.agg(F.array(F.max(F.unix_micros("at"))).alias("instants")))
    return instant


def _instants(row: DataFrame) -> list[datetime]:
    return [datetime.fromtimestamp(micros / 1e6, UTC) for (instants,) in row.collect() for micros in instants]
