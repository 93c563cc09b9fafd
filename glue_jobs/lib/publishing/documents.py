"""Curated rows of one source as documents: one JSON text per customer, user or product.

Documents leave out what changes every day for everyone, such as the day itself and days since it. The reader derives those from
the pointer, and a publish writes only documents that changed. Scores are an exception: customers are scored again each night.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts import load
from lambdas.serving.published import BUCKETS, CUSTOMER, RECOMMENDATIONS, RELATED

# Parts of a customer's document, and the tables that they come from; scores are two more.
CUSTOMER_PARTS = {"rfm": "rfm", "segment": "customer_segments", "value": "customer_value"}
DERIVED_BY_THE_READER = {"source", "customer_id", "as_of", "recency_days"}
# Scores have a day of their own: a model may not have scored the last day of the data.
SCORES = {
    "churn": ("churn_scores", ("as_of", "model_version", "horizon_days", "churn_probability", "decile", "reasons")),
    "unusual": ("anomaly_scores", ("as_of", "model_version", "anomaly_score", "rank", "is_alert", "reasons")),
}
RELATED_PRODUCTS = 20
DECIMALS = 6


def documents(tables: Mapping[str, DataFrame]) -> DataFrame:
    """kind, bucket, id and data of every document, by bucket."""
    frames = [_customers(tables), _recommendations(tables["recommendations"]), _related(tables["item_pairs"])]
    rows = reduce(DataFrame.unionByName, frames)
    return rows.withColumn("bucket", F.crc32(F.col("id").cast("binary")) % BUCKETS).orderBy("kind", "bucket")


def last_day(tables: Mapping[str, DataFrame]) -> date | None:
    """The last day of the customers' data."""
    days = [tables[name].agg(F.max("as_of").alias("day")) for name in CUSTOMER_PARTS.values()]
    day: date | None = reduce(DataFrame.unionByName, days).agg(F.max("day").alias("day")).collect()[0]["day"]
    return day


def _customers(tables: Mapping[str, DataFrame]) -> DataFrame:
    parts = []
    for part, table in CUSTOMER_PARTS.items():
        columns = [name for name in load(table).names if name not in DERIVED_BY_THE_READER]
        parts.append(tables[table].select("customer_id", _struct(table, columns).alias(part)))
    for part, (table, names) in SCORES.items():
        # Of unusual orders and sessions, the customer is not known to be unusual.
        scores = tables[table].where("entity = 'customer'") if part == "unusual" else tables[table]
        newest = scores.join(scores.agg(F.max("as_of").alias("as_of")), "as_of")
        parts.append(newest.select("customer_id", _struct(table, list(names)).alias(part)))
    joined = reduce(lambda left, right: left.join(right, "customer_id", "full"), parts)
    return _document(joined, CUSTOMER, "customer_id", F.struct(*CUSTOMER_PARTS, *SCORES))


def _recommendations(table: DataFrame) -> DataFrame:
    entry = _struct("recommendations", ["rank", "product_id", "score", "method"])
    lists = table.groupBy("user_id").agg(F.sort_array(F.collect_list(entry)).alias("products"))
    return _document(lists, RECOMMENDATIONS, "user_id", F.struct("products"))


def _related(table: DataFrame) -> DataFrame:
    entry = _struct("item_pairs", ["rank", "other_product_id", "pair_baskets", "confidence", "lift"])
    strongest = table.where(F.col("rank") <= RELATED_PRODUCTS)
    kinds = [
        F.sort_array(F.collect_list(F.when(F.col("kind") == kind, entry))).alias(name)
        for kind, name in (("view", "viewed_together"), ("purchase", "bought_together"))
    ]
    lists = strongest.groupBy("product_id").agg(*kinds)
    return _document(lists, RELATED, "product_id", F.struct("viewed_together", "bought_together"))


def _struct(table: str, columns: list[str]) -> Column:
    """The columns; doubles are rounded, so that noise in the last digits is no change."""
    contract = load(table)
    doubles = {name for name in columns if contract.column(name).physical_type == "double"}
    return F.struct(*[F.round(name, DECIMALS).alias(name) if name in doubles else F.col(name) for name in columns])


def _document(frame: DataFrame, kind: str, key: str, content: Column) -> DataFrame:
    return frame.select(F.lit(kind).alias("kind"), F.col(key).alias("id"), F.to_json(content).alias("data"))
