"""order_daily: what each order brought on a day, small enough for every page that counts orders and buyers."""

from __future__ import annotations

from tests.support.frames import build, rows, table

LINES = """
    line_type  | item_kind | order_id | product_id | customer_id | quantity | unit_price | ordered_at
    sale       | product   | o1       | mug        | ann         |  2       |  5.00      | 2025-03-03T10:00:00Z
    sale       | product   | o1       | cup        | ann         |  1       |  4.00      | 2025-03-03T10:00:00Z
    sale       | product   | o1       | pan        | ann         |  1       | 20.00      | 2025-03-03T10:00:00Z
    sale       | shipping  | o1       | POST       | ann         |  1       |  6.00      | 2025-03-03T10:00:00Z
    sale       | product   | o1       | mug        | ann         |  1       |  5.00      | 2025-03-04T10:00:00Z
    return     | product   | o1       | mug        | ann         | -1       |  5.00      | 2025-03-04T10:00:00Z
    sale       | product   | o2       | gift       |             |  1       |  0.00      | 2025-03-04T10:00:00Z
    return     | product   | r1       | pan        | ann         | -1       | 20.00      | 2025-04-01T10:00:00Z
    write_off  | product   | w1       | pan        |             | -1       | 20.00      | 2025-04-01T10:00:00Z
    adjustment | product   | a1       | pan        |             |  1       | -9.00      | 2025-04-01T10:00:00Z
"""
PRODUCTS = """
    product_id | category | brand | observed_at
    mug        | cups     | acme  | 2025-03-01T00:00:00Z
    cup        | cups     | acme  | 2025-03-01T00:00:00Z
    pan        | pans     |       | 2025-03-01T00:00:00Z
"""


def test_lines_of_an_order_and_day_are_one_row_per_category_and_brand(spark):
    # GIVEN an order of two days with three products of two categories, a gift, a return, and lines that are no sale
    table(spark, "order_items", LINES)
    table(spark, "products", PRODUCTS)
    # WHEN
    orders = build(spark, "order_daily")
    # THEN
    names = ("order_date", "order_id", "category", "brand", "customer_id", "sale_lines", "units", "gross_amount")
    assert rows(orders, *names, "returned_amount", "period") == [
        ("2025-03-03", "o1", "cups", "acme", "ann", 2, 3, "14.00", "0.00", "2025-03"),
        ("2025-03-03", "o1", "pans", "(none)", "ann", 1, 1, "20.00", "0.00", "2025-03"),
        ("2025-03-04", "o1", "cups", "acme", "ann", 1, 1, "5.00", "5.00", "2025-03"),
        ("2025-03-04", "o2", "(none)", "(none)", None, 1, 1, "0.00", "0.00", "2025-03"),
        ("2025-04-01", "r1", "pans", "(none)", "ann", 0, 0, "0.00", "20.00", "2025-04"),
    ]


def test_a_discount_lowers_the_order_whether_a_product_takes_it_or_not(spark):
    # GIVEN 3.00 off a mug of 10.00, and a credit note of 2.00 without a product
    table(
        spark,
        "order_items",
        """
        line_type | item_kind | order_id | product_id | customer_id | quantity | unit_price | ordered_at
        sale      | product   | o1       | mug        | ann         |  1       | 10.00      | 2025-03-03T10:00:00Z
        sale      | discount  | o1       | CODE       | ann         | -1       |  3.00      | 2025-03-03T10:00:00Z
        return    | discount  | c1       | D          | ann         | -1       |  2.00      | 2025-03-04T10:00:00Z
    """,
    )
    # WHEN
    orders = build(spark, "order_daily")
    # THEN the sums are those of the day, and a credit note is no sale
    assert rows(orders, "order_id", "sale_lines", "units", "gross_amount", "returned_amount", "discount_amount") == [
        ("c1", 0, 0, "0.00", "0.00", "2.00"),
        ("o1", 1, 1, "10.00", "0.00", "3.00"),
    ]
    assert rows(build(spark, "sales_daily"), "date", "net_amount") == [("2025-03-03", "7.00"), ("2025-03-04", "-2.00")]
