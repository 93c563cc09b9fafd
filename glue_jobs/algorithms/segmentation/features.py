"""Features of customers for clustering.

Distributed: all of it. The driver holds nothing.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Observations of an average customer that are added before taking a customer's mean. Three views are not enough to call
# someone a bargain hunter; without the prior, customers with the least data would be the most extreme.
PRIOR_VIEWS, PRIOR_ORDERS, PRIOR_SESSIONS = 20, 5, 20
SECONDS_PER_DAY = 86_400.0


def customer_features(*, lines: DataFrame, events: DataFrame, products: DataFrame) -> DataFrame:
    """One row per customer with an order: customer_id, orders, net_amount, the features in natural units, and as_of.

    `lines` is fct_order_items, `events` is events and `products` is dim_product, of one source. The contract of
    customer_segments defines the features. Means of few observations are shrunk toward the mean of all customers
    (a Bayesian average).
    """
    lines = lines.where("item_kind = 'product' and customer_id is not null")
    sales = lines.where("line_type = 'sale'")
    bought = _orders(lines)
    visited = _visits(events)
    priced = _price_levels(sales=sales, events=events, products=products)
    features = bought.join(visited, "customer_id", "left").join(priced, "customer_id", "left")
    means = features.agg(
        (F.sum("units") / F.sum("orders")).alias("mean_units"),
        (F.sum(F.when(F.col("sessions") > 0, F.col("orders"))) / F.sum("sessions")).alias("mean_conversion"),
        (F.sum("price_sum") / F.sum("price_count")).alias("mean_price"),
        F.max("last_ordered_at").alias("latest"),
        F.max("last_order_date").alias("as_of"),
    )
    return features.crossJoin(F.broadcast(means)).select(
        "customer_id",
        "orders",
        "net_amount",
        _days("last_ordered_at", "latest").alias("recency_days"),
        _days(F.least("first_ordered_at", "first_event_at"), F.greatest("last_ordered_at", "last_event_at")).alias(
            "lifetime_days"
        ),
        _shrunk("price_sum", "price_count", "mean_price", PRIOR_VIEWS, otherwise=0.0).alias("price_level"),
        _shrunk("units", "orders", "mean_units", PRIOR_ORDERS, otherwise=1.0).alias("units_per_order"),
        _shrunk("orders", "sessions", "mean_conversion", PRIOR_SESSIONS, otherwise=1.0).alias("orders_per_session"),
        "as_of",
    )


def _orders(lines: DataFrame) -> DataFrame:
    sale = F.col("line_type") == "sale"
    totals = lines.groupBy("customer_id").agg(
        F.countDistinct(F.when(sale, F.col("order_id"))).alias("orders"),
        F.sum(F.when(sale, F.col("quantity"))).cast("double").alias("units"),
        F.sum("net_amount").alias("net_amount"),
        F.min(F.when(sale, F.col("ordered_at"))).alias("first_ordered_at"),
        F.max(F.when(sale, F.col("ordered_at"))).alias("last_ordered_at"),
        F.max(F.when(sale, F.col("order_date"))).alias("last_order_date"),
    )
    return totals.where("orders > 0")


def _visits(events: DataFrame) -> DataFrame:
    return (
        events.where("user_id is not null")
        .groupBy(F.col("user_id").alias("customer_id"))
        .agg(
            # A source without sessions: count a user's days instead.
            F.countDistinct(F.coalesce("session_id", F.col("event_date").cast("string"))).alias("sessions"),
            F.min("event_time").alias("first_event_at"),
            F.max("event_time").alias("last_event_at"),
        )
    )


def _price_levels(*, sales: DataFrame, events: DataFrame, products: DataFrame) -> DataFrame:
    """Per customer: sum and count of ln(price) minus its category's mean, over views (over sale lines if there are none)."""
    views = events.where("event_type = 'view' and product_id is not null")
    seen = views.select(F.col("user_id").alias("customer_id"), "product_id", F.col("price"))
    if views.isEmpty():
        seen = sales.select("customer_id", "product_id", F.col("unit_price").alias("price"))
    described = products.select("product_id", "category", "list_price")
    price = F.coalesce("price", "list_price").cast("double")
    sums = (
        seen.join(described, "product_id", "left")
        .where(price > 0)
        .groupBy("customer_id", "category")
        .agg(F.sum(F.log(price)).alias("logs"), F.count("*").alias("count"))
    )
    categories = sums.groupBy("category").agg((F.sum("logs") / F.sum("count")).alias("usual"))
    by_category = sums.join(F.broadcast(categories), sums["category"].eqNullSafe(categories["category"]))
    return (
        by_category.where("customer_id is not null")
        .groupBy("customer_id")
        .agg(F.sum(F.col("logs") - F.col("count") * F.col("usual")).alias("price_sum"), F.sum("count").alias("price_count"))
    )


def _days(earlier: str | Column, later: str | Column) -> Column:
    first, last = (F.col(instant) if isinstance(instant, str) else instant for instant in (earlier, later))
    return (F.unix_micros(last) - F.unix_micros(first)) / (1e6 * SECONDS_PER_DAY)


def _shrunk(total: str, count: str, mean: str, prior: int, *, otherwise: float) -> Column:
    """total / count with `prior` extra observations at the mean; `otherwise` where the source has no mean."""
    features = F.coalesce(total, F.lit(0.0)).cast("double") + prior * F.col(mean)
    return F.coalesce(features / (F.coalesce(count, F.lit(0)) + prior), F.lit(otherwise))
