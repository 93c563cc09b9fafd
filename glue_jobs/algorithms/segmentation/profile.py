"""segment_profile: size, revenue, engagement and mean features of each segment, and how good all of them are."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.segmentation.segments import Segments

MEANS = ("recency_days", "lifetime_days", "price_level", "units_per_order", "orders_per_session")


def profile(customers: DataFrame, segments: Segments) -> DataFrame:
    """segment_profile without its source, from the columns of customer_segments."""
    sums = customers.groupBy("segment", "segment_name", "as_of").agg(
        F.count("*").alias("customers"),
        F.sum("orders").alias("orders"),
        F.sum("net_amount").cast("decimal(18,4)").alias("net_amount"),
        F.sum("sessions").alias("sessions"),
        F.sum("session_minutes").alias("session_minutes"),
        *[F.avg(name).alias(name) for name in MEANS],
    )
    totals = customers.agg(F.count("*").alias("all_customers"), F.sum("net_amount").alias("all_amount"))
    return sums.crossJoin(F.broadcast(totals)).select(
        "segment",
        "segment_name",
        "customers",
        (F.col("customers") / F.col("all_customers")).alias("customer_share"),
        "orders",
        "net_amount",
        F.expr("cast(net_amount as double) / nullif(cast(all_amount as double), 0)").alias("net_amount_share"),
        (F.col("orders") / F.col("customers")).alias("orders_per_customer"),
        (F.col("net_amount") / F.col("customers")).cast("decimal(18,4)").alias("net_amount_per_customer"),
        (F.col("net_amount") / F.col("orders")).cast("decimal(18,4)").alias("net_amount_per_order"),
        "sessions",
        "session_minutes",
        (F.col("sessions") / F.col("customers")).alias("sessions_per_customer"),
        (F.col("session_minutes") / F.col("sessions")).alias("minutes_per_session"),
        *MEANS,
        *_quality(segments),
        "as_of",
    )


def _quality(segments: Segments) -> list[Column]:
    null, stabilities, silhouette = segments.null, segments.stabilities, segments.silhouette
    figures = {
        "squared_silhouette": silhouette,
        "one_cloud_silhouette": null and null.one_cloud,
        "frequent_and_rare_silhouette": null and null.frequent_and_rare,
        "stability": segments.stability,
        "stability_low": min(stabilities, default=None),
        "stability_high": max(stabilities, default=None),
    }
    return [
        F.lit(len(segments.names)).alias("segments"),
        F.lit(segments.finding).alias("finding"),
        *[F.lit(figure).cast("double").alias(name) for name, figure in figures.items()],
    ]
