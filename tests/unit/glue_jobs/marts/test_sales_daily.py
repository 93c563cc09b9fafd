"""sales_daily and fct_order_items: sales and returns per day."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_a_return_lowers_net_sales_on_the_day_of_the_return(spark):
    # GIVEN an order of 3 mugs on Monday, one of them returned on Wednesday
    table(
        spark,
        "order_items",
        """
        order_id | line_type | product_id | quantity | unit_price | ordered_at
        o1       | sale      | mug        |  3       | 4.50       | 2025-03-03T10:00:00Z
        o1-r     | return    | mug        | -1       | 4.50       | 2025-03-05T09:00:00Z
    """,
    )
    # WHEN
    sales = build(spark, "sales_daily")
    # THEN Tuesday has a row of zeros and no average; Wednesday has returns only
    assert rows(sales, "date", "orders", "units", "gross_amount", "returned_units", "returned_amount", "net_amount") == [
        ("2025-03-03", 1, 3, "13.50", 0, "0.00", "13.50"),
        ("2025-03-04", 0, 0, "0.00", 0, "0.00", "0.00"),
        ("2025-03-05", 0, 0, "0.00", 1, "4.50", "-4.50"),
    ]
    assert rows(sales, "date", "average_order_value", "buyers", "new_buyers", "other_amount") == [
        ("2025-03-03", "13.50", 0, 0, "0.00"),
        ("2025-03-04", None, 0, 0, "0.00"),
        ("2025-03-05", None, 0, 0, "0.00"),
    ]


def test_the_amounts_of_a_line_depend_on_its_type(spark):
    table(
        spark,
        "order_items",
        """
        order_item_id | line_type  | product_id | quantity | unit_price | ordered_at
        a             | sale       | mug        |  3       |   4.50     | 2025-03-03T10:00:00Z
        b             | return     | mug        | -1       |   4.50     | 2025-03-03T10:00:00Z
        c             | adjustment | debt       |  1       | -99.00     | 2025-03-03T10:00:00Z
        d             | write_off  | mug        | -7       |   4.50     | 2025-03-03T10:00:00Z
    """,
    )
    assert rows(build(spark, "fct_order_items"), "order_item_id", "amount", "gross_amount", "returned_amount", "net_amount") == [
        ("a", "13.50", "13.50", "0.00", "13.50"),
        ("b", "-4.50", "0.00", "4.50", "-4.50"),
        ("c", "-99.00", "0.00", "0.00", "0.00"),
        ("d", "-31.50", "0.00", "0.00", "0.00"),
    ]


def test_postage_and_fees_do_not_count_as_products(spark):
    # GIVEN a mug with postage and a discount, the postage refunded next day, and an order of postage alone
    table(
        spark,
        "order_items",
        """
        order_id | line_type  | item_kind | product_id | quantity | unit_price | customer_id | ordered_at
        o1       | sale       | product   | mug        |  2       |  5.00      | c1          | 2025-03-03T10:00:00Z
        o1       | sale       | shipping  | POST       |  1       |  3.00      | c1          | 2025-03-03T10:00:00Z
        o1       | return     | discount  | D          | -1       |  0.50      | c1          | 2025-03-03T10:00:00Z
        o2       | sale       | shipping  | POST       |  1       |  3.00      | c2          | 2025-03-03T11:00:00Z
        o3       | adjustment | adjustment| B          |  1       | -9.00      |             | 2025-03-03T11:00:00Z
        o1-r     | return     | shipping  | POST       | -1       |  3.00      | c1          | 2025-03-04T10:00:00Z
    """,
    )
    # WHEN
    sales = build(spark, "sales_daily")
    # THEN
    assert rows(sales, "date", "orders", "units", "net_amount", "buyers", "other_amount") == [
        ("2025-03-03", 1, 2, "9.50", 1, "6.00"),
        ("2025-03-04", 0, 0, "0.00", 0, "-3.00"),
    ]


def test_an_order_on_two_days_counts_once_on_each_day(spark):
    # GIVEN one order number whose lines came at midnight, from two files
    table(
        spark,
        "order_items",
        """
        order_id | product_id | quantity | unit_price | customer_id | ordered_at
        o1       | mug        | 1        | 5.00       | c1          | 2025-03-31T23:59:00Z
        o1       | pot        | 1        | 9.00       | c1          | 2025-03-31T23:59:00Z
        o1       | pan        | 1        | 7.00       | c1          | 2025-04-01T00:01:00Z
    """,
    )
    # WHEN
    sales = build(spark, "sales_daily")
    # THEN and the customer is new on the first day alone
    assert rows(sales, "date", "orders", "gross_amount", "average_order_value", "buyers", "new_buyers") == [
        ("2025-03-31", 1, "14.00", "14.00", 1, 1),
        ("2025-04-01", 1, "7.00", "7.00", 1, 0),
    ]
    # and all in all it is one order of that customer
    assert rows(build(spark, "dim_customer"), "customer_id", "orders", "net_amount") == [("c1", 1, "21.00")]


def test_the_average_order_value_is_rounded_half_up(spark):
    # GIVEN 0.0005 over two orders, which is 0.00025, and 2.00 over three, next to one that cost nothing
    table(
        spark,
        "order_items",
        """
        order_id | product_id | quantity | unit_price | ordered_at
        o1       | mug        | 1        | 0.0001     | 2025-03-03T10:00:00Z
        o2       | mug        | 1        | 0.0004     | 2025-03-03T10:00:00Z
        o3       | mug        | 1        | 0.50       | 2025-03-04T10:00:00Z
        o4       | mug        | 1        | 0.50       | 2025-03-04T10:00:00Z
        o5       | mug        | 1        | 1.00       | 2025-03-04T10:00:00Z
        o6       | gift       | 1        | 0.00       | 2025-03-04T10:00:00Z
    """,
    )
    assert rows(build(spark, "sales_daily"), "date", "orders", "paid_orders", "average_order_value") == [
        ("2025-03-03", 2, 2, "0.0003"),
        ("2025-03-04", 4, 3, "0.6667"),
    ]


def test_a_buyer_is_new_once_and_only_by_product_lines(spark):
    # GIVEN c1 buys on two days; c2 pays postage first and buys a day later; one buyer is unknown; c3 only returns
    table(
        spark,
        "order_items",
        """
        customer_id | line_type | item_kind | product_id | quantity | unit_price | ordered_at
        c1          | sale      | product   | mug        |  1       | 5.00       | 2025-03-03T10:00:00Z
        c1          | sale      | product   | pot        |  1       | 5.00       | 2025-03-03T18:00:00Z
        c2          | sale      | shipping  | POST       |  1       | 3.00       | 2025-03-03T10:00:00Z
        c1          | sale      | product   | mug        |  1       | 5.00       | 2025-03-04T10:00:00Z
        c2          | sale      | product   | mug        |  1       | 5.00       | 2025-03-04T10:00:00Z
                    | sale      | product   | mug        |  1       | 5.00       | 2025-03-04T10:00:00Z
        c3          | return    | product   | mug        | -1       | 5.00       | 2025-03-04T10:00:00Z
    """,
    )
    assert rows(build(spark, "sales_daily"), "date", "orders", "buyers", "new_buyers") == [
        ("2025-03-03", 2, 1, 1),
        ("2025-03-04", 3, 2, 1),
    ]


def test_two_sources_are_never_added_up(spark):
    # GIVEN the same order number, product and customer in two shops
    table(
        spark,
        "order_items",
        """
        source | order_id | product_id | customer_id | quantity | unit_price | ordered_at
        s      | o1       | mug        | c1          | 1        | 5.00       | 2025-03-03T10:00:00Z
        t      | o1       | mug        | c1          | 2        | 7.00       | 2025-03-03T10:00:00Z
        t      | o2       | mug        | c1          | 1        | 7.00       | 2025-03-04T10:00:00Z
    """,
    )
    # THEN each shop has days, buyers, ranks and totals of its own
    assert rows(build(spark, "sales_daily"), "source", "date", "units", "net_amount", "new_buyers") == [
        ("s", "2025-03-03", 1, "5.00", 1),
        ("t", "2025-03-03", 2, "14.00", 1),
        ("t", "2025-03-04", 1, "7.00", 0),
    ]
    assert rows(build(spark, "product_performance"), "source", "product_id", "as_of", "units", "units_rank") == [
        ("s", "mug", "2025-03-03", 1, 1),
        ("t", "mug", "2025-03-04", 3, 1),
    ]
    assert rows(build(spark, "category_performance").where("level = 'category'"), "source", "net_amount", "share_of_net") == [
        ("s", "5.00", 1.0),
        ("t", "21.00", 1.0),
    ]
    assert rows(build(spark, "dim_customer"), "source", "customer_id", "orders", "net_amount") == [
        ("s", "c1", 1, "5.00"),
        ("t", "c1", 2, "21.00"),
    ]
