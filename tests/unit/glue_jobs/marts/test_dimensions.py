"""dim_date, dim_product and dim_customer: dimensions with their latest attributes."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_the_calendar_runs_from_the_first_to_the_last_day_with_data(spark):
    # GIVEN an order on Saturday 28 December 2024 and an event on Wednesday 1 January 2025
    table(
        spark,
        "order_items",
        """
        product_id | quantity | unit_price | ordered_at
        mug        | 1        | 5.00       | 2024-12-28T10:00:00Z
    """,
    )
    table(
        spark,
        "events",
        """
        source | event_time           | event_type | product_id
        s      | 2025-01-01T10:00:00Z | view       | mug
        t      | 2025-06-01T10:00:00Z | view       | mug
    """,
    )
    # WHEN
    days = build(spark, "dim_date").where("source = 's'")
    # THEN ISO weeks begin on Monday, and week 1 of 2025 on 30 December
    assert rows(days, "date", "year", "quarter", "month", "month_name", "day_of_month", "iso_week") == [
        ("2024-12-28", 2024, 4, 12, "December", 28, 52),
        ("2024-12-29", 2024, 4, 12, "December", 29, 52),
        ("2024-12-30", 2024, 4, 12, "December", 30, 1),
        ("2024-12-31", 2024, 4, 12, "December", 31, 1),
        ("2025-01-01", 2025, 1, 1, "January", 1, 1),
    ]
    assert rows(days, "date", "day_of_week", "day_name", "is_weekend") == [
        ("2024-12-28", 6, "Saturday", True),
        ("2024-12-29", 7, "Sunday", True),
        ("2024-12-30", 1, "Monday", False),
        ("2024-12-31", 2, "Tuesday", False),
        ("2025-01-01", 3, "Wednesday", False),
    ]


def test_a_product_has_its_latest_attributes_and_is_seen_in_all_tables(spark):
    # GIVEN a mug described twice, newest without brand; a fee; a cup only viewed; a vase only in the catalog
    table(
        spark,
        "products",
        """
        product_id | product_name | category | brand | list_price | stock | observed_at
        mug        | Mug          | kitchen  | acme  | 4.50       | 7     | 2025-03-01T00:00:00Z
        mug        | Big mug      | kitchen  |       | 5.00       |       | 2025-04-01T00:00:00Z
        vase       | Vase         |          | acme  |            | 1     | 2025-03-01T00:00:00Z
    """,
    )
    table(
        spark,
        "order_items",
        """
        line_type | item_kind | product_id | quantity | unit_price | ordered_at
        sale      | product   | mug        |  1       | 4.50       | 2025-03-03T10:00:00Z
        return    | product   | mug        | -1       | 4.50       | 2025-03-09T10:00:00Z
        sale      | shipping  | POST       |  1       | 3.00       | 2025-03-03T10:00:00Z
    """,
    )
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id
        2025-02-28T10:00:00Z | view       | mug
        2025-03-05T10:00:00Z | view       | cup
    """,
    )
    # WHEN
    products = build(spark, "dim_product")
    # THEN
    assert rows(products, "product_id", "product_name", "category", "brand", "list_price", "stock") == [
        ("POST", None, None, None, None, None),
        ("cup", None, None, None, None, None),
        ("mug", "Big mug", "kitchen", None, "5.00", None),
        ("vase", "Vase", None, "acme", None, 1),
    ]
    assert rows(products, "product_id", "first_seen_date", "last_seen_date") == [
        ("POST", "2025-03-03", "2025-03-03"),
        ("cup", "2025-03-05", "2025-03-05"),
        ("mug", "2025-02-28", "2025-03-09"),
        ("vase", None, None),
    ]


def test_the_country_of_an_unregistered_customer_comes_from_the_latest_line(spark):
    # GIVEN c1 who moved; c2 with two countries at one instant; c3 with a null last; a line of nobody
    table(
        spark,
        "order_items",
        """
        order_id | customer_id | country | line_type | item_kind | product_id | quantity | unit_price | ordered_at
        o1       | c1          | France  | sale      | product   | mug        |  2       | 5.00       | 2025-03-03T10:00:00Z
        o1-r     | c1          | Spain   | return    | product   | mug        | -1       | 5.00       | 2025-03-09T10:00:00Z
        o2       | c2          | Norway  | sale      | product   | mug        |  1       | 5.00       | 2025-03-04T10:00:00Z
        o2       | c2          | Iceland | sale      | shipping  | POST       |  1       | 3.00       | 2025-03-04T10:00:00Z
        o3-r     | c3          | Malta   | return    | product   | mug        | -1       | 5.00       | 2025-03-04T10:00:00Z
        o4       | c3          |         | write_off | product   | mug        | -1       | 5.00       | 2025-03-05T10:00:00Z
        o5       |             | Peru    | sale      | product   | mug        |  1       | 5.00       | 2025-03-04T10:00:00Z
    """,
    )
    # WHEN
    customers = build(spark, "dim_customer")
    # THEN returns are not orders, and c3 never ordered
    assert rows(customers, "customer_id", "country", "first_order_date", "last_order_date", "orders", "net_amount") == [
        ("c1", "Spain", "2025-03-03", "2025-03-03", 1, "5.00"),
        ("c2", "Norway", "2025-03-04", "2025-03-04", 1, "5.00"),
        ("c3", None, None, None, 0, "-5.00"),
    ]


def test_a_customer_has_the_latest_attributes(spark):
    # GIVEN c1 registered twice; c2 registered without country who ordered from Italy; c3 who never ordered
    table(
        spark,
        "customers",
        """
        customer_id | country | registered_at        | observed_at
        c1          | Chile   | 2025-01-01T08:00:00Z | 2025-02-01T00:00:00Z
        c1          | Peru    | 2025-01-01T09:00:00Z | 2025-03-01T00:00:00Z
        c2          |         | 2025-01-02T08:00:00Z | 2025-02-01T00:00:00Z
        c3          | Ghana   |                      | 2025-02-01T00:00:00Z
    """,
    )
    table(
        spark,
        "order_items",
        """
        customer_id | country | product_id | quantity | unit_price | ordered_at
        c1          | France  | mug        | 1        | 5.00       | 2025-03-03T10:00:00Z
        c2          | Italy   | mug        | 1        | 5.00       | 2025-03-03T10:00:00Z
    """,
    )
    assert rows(build(spark, "dim_customer"), "customer_id", "country", "registered_at", "orders", "net_amount") == [
        ("c1", "Peru", "2025-01-01T09:00:00Z", 1, "5.00"),
        ("c2", "Italy", "2025-01-02T08:00:00Z", 1, "5.00"),
        ("c3", "Ghana", None, 0, "0.00"),
    ]
