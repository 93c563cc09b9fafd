"""Purchases and returns, on examples small enough to check by hand."""

from __future__ import annotations

from datetime import date

import pytest

from glue_jobs.algorithms.customer_value.purchases import histories, product_lines, purchases, with_value
from tests.support.frames import build, rows, table

pytestmark = pytest.mark.usefixtures("interpreted")
DAY = date(2025, 3, 31)


def lines(spark, text: str, products: str = "product_id | unit_cost | observed_at\nmug | | 2025-01-01T00:00:00Z"):
    for view in spark.sql("show views").collect():
        spark.catalog.dropTempView(view.viewName)
    table(spark, "order_items", text)
    table(spark, "products", products)
    return product_lines(build(spark, "fct_order_items"), build(spark, "dim_product"))


def test_a_return_reduces_the_order_it_names_or_the_previous_one(spark):
    # GIVEN c1: two orders on one day, part of the first returned by its own number; c2: a credit note that names no order;
    # c3: all of it returned; c4: a return before any order; c5: an order from before midnight on
    valued, basis, last = with_value(
        lines(
            spark,
            """
            customer_id | order_id | line_type | product_id | quantity | unit_price | ordered_at
            c1          | o1       | sale      | mug        |  3       | 5.00       | 2025-03-01T10:00:00Z
            c1          | o2       | sale      | mug        |  1       | 5.00       | 2025-03-01T12:00:00Z
            c1          | o3       | sale      | mug        |  1       | 5.00       | 2025-03-05T12:00:00Z
            c1          | o1       | return    | mug        | -1       | 5.00       | 2025-03-09T10:00:00Z
            c2          | o4       | sale      | mug        |  2       | 5.00       | 2025-03-02T10:00:00Z
            c2          | o5       | sale      | mug        |  2       | 5.00       | 2025-03-04T10:00:00Z
            c2          | C1       | return    | mug        | -1       | 5.00       | 2025-03-08T10:00:00Z
            c3          | o6       | sale      | mug        |  1       | 5.00       | 2025-03-02T10:00:00Z
            c3          | C2       | return    | mug        | -1       | 5.00       | 2025-03-02T10:30:00Z
            c4          | C3       | return    | mug        | -1       | 5.00       | 2025-03-01T10:00:00Z
            c4          | o7       | sale      | mug        |  1       | 5.00       | 2025-03-02T10:00:00Z
            c5          | o8       | sale      | mug        |  1       | 5.00       | 2025-03-30T23:59:00Z
            c5          | o8       | sale      | mug        |  1       | 5.00       | 2025-03-31T00:01:00Z
                        | o9       | sale      | mug        |  1       | 5.00       | 2025-03-31T00:01:00Z
            """,
        )
    )
    # THEN
    assert (basis, last) == ("revenue", DAY)
    bought = purchases(valued, until=DAY)
    assert rows(bought, "customer_id", "day", "value") == [
        ("c1", "2025-03-01", "15.00"),
        ("c1", "2025-03-05", "5.00"),
        ("c2", "2025-03-02", "10.00"),
        ("c2", "2025-03-04", "5.00"),
        ("c4", "2025-03-02", "5.00"),
        ("c5", "2025-03-30", "10.00"),
    ]
    assert rows(histories(bought, as_of=DAY), "customer_id", "x", "t_x", "age", "mean") == [
        ("c1", 1, 4, 30, "5.00"),
        ("c2", 1, 2, 29, "5.00"),
        ("c4", 0, 0, 29, None),
        ("c5", 0, 0, 1, None),
    ]
    # AND as known before the returns, nothing is reduced
    early = purchases(valued, until=date(2025, 3, 7))
    assert rows(early.where("customer_id in ('c1', 'c2')"), "customer_id", "day", "value")[::3] == [
        ("c1", "2025-03-01", "20.00"),
        ("c2", "2025-03-04", "10.00"),
    ]


def test_values_are_margins_if_nearly_all_costs_are_known(spark):
    # GIVEN mugs with a cost of 2 for 96 of 100 that were sold, pots without one for 4
    text = """
        customer_id | order_id | product_id | quantity | unit_price | ordered_at
        c1          | o1       | mug        | 24       | 4.00       | 2025-03-01T10:00:00Z
        c2          | o2       | pot        | {pots}   | 4.00       | 2025-03-01T12:00:00Z
    """
    costs = "product_id | unit_cost | observed_at\nmug | 1.00 | 2025-01-01T00:00:00Z\npot | | 2025-01-01T00:00:00Z"
    # THEN the pot counts with the mugs' margin rate, 72 / 96
    valued, basis, _ = with_value(lines(spark, text.format(pots=1), costs))
    assert (basis, rows(valued, "customer_id", "value")) == ("margin", [("c1", "72.00"), ("c2", "3.00")])
    # AND with 8 of 104 unknown, all values are revenue
    valued, basis, _ = with_value(lines(spark, text.format(pots=2), costs))
    assert (basis, rows(valued, "customer_id", "value")) == ("revenue", [("c1", "96.00"), ("c2", "8.00")])
