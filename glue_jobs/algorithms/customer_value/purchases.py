"""Purchase histories for models of repeat buying. All of it runs in Spark."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

# Share of revenue that needs a known cost before values are margins.
MIN_COST_COVERAGE = 0.95
MONEY = "decimal(18,4)"


def product_lines(order_items: DataFrame, products: DataFrame) -> DataFrame:
    """Sale and return lines of products, with their cost. Includes lines without a customer.

    `order_items` is fct_order_items, `products` is dim_product. Columns: customer_id, order_id, order_date, is_sale,
    revenue (net_amount) and cost (null if unknown).
    """
    lines = order_items.where("item_kind = 'product' and line_type in ('sale', 'return')")
    return lines.join(products.select("product_id", "unit_cost"), "product_id", "left").select(
        "customer_id",
        "order_id",
        "order_date",
        (F.col("line_type") == "sale").alias("is_sale"),
        F.col("net_amount").alias("revenue"),
        (F.col("quantity") * F.col("unit_cost")).cast(MONEY).alias("cost"),
    )


def with_value(lines: DataFrame) -> tuple[DataFrame, str, date | None]:
    """The lines with `value`, the value basis (margin or revenue), and the last day of a sale (None without sales).

    One Spark job; the driver receives one row.
    """
    known = F.col("cost").isNotNull()
    totals = lines.agg(
        F.max(F.when(F.col("is_sale"), F.col("order_date"))).alias("last"),
        F.sum(F.when(F.col("is_sale"), F.col("revenue"))).alias("sold"),
        F.sum(F.when(F.col("is_sale") & known, F.col("revenue"))).alias("costed"),
        F.sum(F.when(known, F.col("revenue"))).alias("net"),
        F.sum("cost").alias("cost"),
    ).collect()[0]
    if not totals.costed or not totals.net or float(totals.costed) < MIN_COST_COVERAGE * float(totals.sold):
        return lines.withColumn("value", F.col("revenue")), "revenue", totals.last
    rate = F.lit(1 - float(totals.cost) / float(totals.net))
    margin = F.when(known, F.col("revenue") - F.col("cost")).otherwise((F.col("revenue") * rate).cast(MONEY))
    return lines.withColumn("value", margin.cast(MONEY)), "margin", totals.last


def purchases(lines: DataFrame, *, until: date) -> DataFrame:
    """The days on which a customer bought, as known at the end of the day `until`: customer_id, day, revenue, value.

    A customer's orders on one day are one purchase. A return reduces the order that it names. If it names none, it reduces
    the customer's last day with a sale before it; without such a day it is ignored. A fully returned purchase does not count.
    """
    order = Window.partitionBy("customer_id", "order_id")
    before = Window.partitionBy("customer_id").orderBy("order_date").rangeBetween(Window.unboundedPreceding, 0)
    sale_date = F.when(F.col("is_sale"), F.col("order_date"))
    known = lines.where(F.col("customer_id").isNotNull() & (F.col("order_date") <= F.lit(until)))
    placed = known.withColumn("day", F.coalesce(F.min(sale_date).over(order), F.max(sale_date).over(before)))
    days = placed.where("day is not null").groupBy("customer_id", "day")
    return days.agg(F.sum("revenue").alias("revenue"), F.sum("value").alias("value")).where("revenue > 0")


def histories(bought: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer: customer_id, x, t_x and age (in days), and mean, the mean value of the purchases after the first."""
    by_day = F.struct("day", "value")
    customers = bought.groupBy("customer_id").agg(
        (F.count("*") - 1).alias("x"),
        F.min(by_day).alias("first"),
        F.max("day").alias("last"),
        F.sum("value").alias("total"),
    )
    return customers.select(
        "customer_id",
        "x",
        F.datediff("last", "first.day").cast("bigint").alias("t_x"),
        F.datediff(F.lit(as_of), "first.day").cast("bigint").alias("age"),
        F.when(F.col("x") > 0, (F.col("total") - F.col("first.value")) / F.col("x")).cast(MONEY).alias("mean"),
    )
