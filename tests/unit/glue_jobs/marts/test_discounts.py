"""fct_order_items: discounts are spread over the lines that they belong to, and lower net sales everywhere."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_a_discount_is_spread_over_its_order_by_amount(spark):
    # GIVEN 3.00 off 10.00 and 20.00; 1.00 off three equal lines; 4.00 off the pots alone; and shipping, which has no share
    table(
        spark,
        "order_items",
        """
        order_item_id | order_id | item_kind | product_id | quantity | unit_price | ordered_at
        1             | o1       | product   | mug        |  2       |  5.00      | 2025-03-03T10:00:00Z
        2             | o1       | product   | pot        |  1       | 20.00      | 2025-03-03T10:00:00Z
        3             | o1       | discount  | DISCOUNT   | -1       |  3.00      | 2025-03-03T10:00:00Z
        4             | o1       | shipping  | POST       |  1       |  6.00      | 2025-03-03T10:00:00Z
        5             | o2       | product   | c          |  1       |  1.00      | 2025-03-03T10:00:00Z
        6             | o2       | product   | a          |  1       |  1.00      | 2025-03-03T10:00:00Z
        7             | o2       | product   | b          |  1       |  1.00      | 2025-03-03T10:00:00Z
        8             | o2       | discount  | CODE       | -1       |  1.00      | 2025-03-03T10:00:00Z
        9             | o3       | product   | mug        |  1       |  5.00      | 2025-03-03T10:00:00Z
        10            | o3       | product   | pot        |  2       | 20.00      | 2025-03-03T10:00:00Z
        11            | o3       | discount  | pot        | -1       |  4.00      | 2025-03-03T10:00:00Z
        12            | o3       | discount  | DISCOUNT   | -1       |  9.00      | 2025-03-03T10:00:00Z
    """,
    )
    # WHEN
    lines = build(spark, "fct_order_items")
    # THEN the last of three equal lines takes the rest; of 9.00 off 45.00 the mug has 1.00
    assert sorted(rows(lines, "order_item_id", "gross_amount", "discount_amount", "net_amount"), key=lambda row: int(row[0])) == [
        ("1", "10.00", "1.00", "9.00"),
        ("2", "20.00", "2.00", "18.00"),
        ("3", "0.00", "0.00", "0.00"),
        ("4", "6.00", "0.00", "6.00"),
        ("5", "1.00", "0.3334", "0.6666"),
        ("6", "1.00", "0.3333", "0.6667"),
        ("7", "1.00", "0.3333", "0.6667"),
        ("8", "0.00", "0.00", "0.00"),
        ("9", "5.00", "1.00", "4.00"),
        ("10", "40.00", "12.00", "28.00"),
        ("11", "0.00", "0.00", "0.00"),
        ("12", "0.00", "0.00", "0.00"),
    ]


def test_a_return_takes_its_discount_back(spark):
    # GIVEN 10.00 and 20.00 less 3.00; the first comes back, with the discount that it had
    table(
        spark,
        "order_items",
        """
        order_item_id | order_id | line_type | item_kind | product_id | quantity | unit_price | ordered_at
        1             | o1       | sale      | product   | mug        |  1       | 10.00      | 2025-03-03T10:00:00Z
        2             | o1       | sale      | product   | pot        |  1       | 20.00      | 2025-03-03T10:00:00Z
        3             | o1       | sale      | discount  | DISCOUNT   | -1       |  3.00      | 2025-03-03T10:00:00Z
        4             | o1       | return    | product   | mug        | -1       | 10.00      | 2025-03-04T10:00:00Z
        5             | o1       | return    | discount  | DISCOUNT   |  1       |  1.00      | 2025-03-04T10:00:00Z
    """,
    )
    # WHEN
    lines = build(spark, "fct_order_items")
    # THEN
    assert rows(lines, "order_item_id", "returned_amount", "discount_amount", "net_amount") == [
        ("1", "0.00", "1.00", "9.00"),
        ("2", "0.00", "2.00", "18.00"),
        ("3", "0.00", "0.00", "0.00"),
        ("4", "10.00", "-1.00", "-9.00"),
        ("5", "0.00", "0.00", "0.00"),
    ]
    assert rows(build(spark, "sales_daily"), "date", "gross_amount", "returned_amount", "discount_amount", "net_amount") == [
        ("2025-03-03", "30.00", "0.00", "3.00", "27.00"),
        ("2025-03-04", "0.00", "10.00", "-1.00", "-9.00"),
    ]


def test_discounts_lower_revenue_margin_and_what_customers_bring(spark):
    # GIVEN a mug for 10.00 less 2.00, which costs 5.00; a week later 3.00 off without any product, and 1.00 off a free gift
    table(
        spark,
        "order_items",
        """
        order_item_id | order_id | line_type  | item_kind | product_id | quantity| unit_price | customer_id | ordered_at
        1             | o1       | sale       | product   | mug        |  1      | 10.00      | c1          | 2025-03-03T10:00:00Z
        2             | o1       | sale       | discount  | DISCOUNT   | -1      |  2.00      | c1          | 2025-03-03T10:00:00Z
        3             | o2       | return     | discount  | D          | -1      |  3.00      | c1          | 2025-03-10T10:00:00Z
        4             | o3       | sale       | product   | gift       |  1      |  0.00      | c1          | 2025-03-10T10:00:00Z
        5             | o3       | sale       | discount  | DISCOUNT   | -1      |  1.00      | c1          | 2025-03-10T10:00:00Z
        6             | o4       | adjustment | discount  | D          | -1      | 50.00      | c1          | 2025-03-10T10:00:00Z
    """,
    )
    table(spark, "products", "product_id|unit_cost|category|brand|observed_at\nmug|5.00|drink|acme|2025-03-01T00:00:00Z")
    # THEN discounts that no product can take count for the day and the customer, but not for products; no adjustment counts
    lines = build(spark, "fct_order_items")
    assert rows(lines, "order_item_id", "discount_amount", "net_amount") == [
        ("1", "2.00", "8.00"),
        ("2", "0.00", "0.00"),
        ("3", "3.00", "-3.00"),
        ("4", "0.00", "0.00"),
        ("5", "1.00", "-1.00"),
        ("6", "0.00", "0.00"),
    ]
    sales = rows(build(spark, "sales_daily").where("orders > 0"), "date", "discount_amount", "net_amount", "other_amount")
    assert sales == [("2025-03-03", "2.00", "8.00", "0.00"), ("2025-03-10", "4.00", "-4.00", "0.00")]
    assert rows(build(spark, "dim_customer"), "customer_id", "orders", "net_amount") == [("c1", 2, "4.00")]
    assert rows(build(spark, "cohorts"), "cohort_month", "net_amount") == [("2025-03-01", "4.00")]
    assert rows(build(spark, "product_performance"), "product_id", "discount_amount", "net_amount") == [
        ("gift", "0.00", "0.00"),
        ("mug", "2.00", "8.00"),
    ]
    (brand,) = rows(
        build(spark, "margins").where("level = 'brand' and name = 'acme'"), "net_amount", "margin_amount", "margin_rate"
    )
    assert brand == ("8.00", "3.00", 0.375)
    assert rows(build(spark, "brand_report").where("brand = 'acme'"), "revenue") == [("8.00",)]
    assert rows(
        build(spark, "category_performance").where("level = 'category'"), "category", "discount_amount", "net_amount"
    ) == [
        ("(none)", "0.00", "0.00"),
        ("drink", "2.00", "8.00"),
    ]


def test_an_order_of_postage_alone_is_no_order_of_a_customer(spark):
    table(
        spark,
        "order_items",
        """
        order_id | item_kind | product_id | quantity| unit_price | customer_id | ordered_at
        o1       | product   | mug        |  1      | 10.00      | c1          | 2025-03-03T10:00:00Z
        o2       | shipping  | POST       |  1      |  2.00      | c1          | 2025-03-05T10:00:00Z
        o3       | shipping  | POST       |  1      |  2.00      | c2          | 2025-03-05T10:00:00Z
    """,
    )
    assert rows(build(spark, "dim_customer"), "customer_id", "orders", "last_order_date", "net_amount") == [
        ("c1", 1, "2025-03-03", "10.00"),
        ("c2", 0, None, "0.00"),
    ]
