"""product_performance, category_performance and brand_report: sales by product, category and brand."""

from __future__ import annotations

import pytest

from tests.support.frames import build, rows, table


def test_equal_units_share_a_rank_and_the_next_is_skipped(spark):
    # GIVEN 5, 3, 3 and 1 units sold; a product only returned; one only viewed
    table(
        spark,
        "order_items",
        """
        line_type | product_id | quantity | unit_price | ordered_at
        sale      | mug        |  5       |  1.00      | 2025-03-03T10:00:00Z
        sale      | pan        |  3       |  9.00      | 2025-03-03T10:00:00Z
        sale      | pot        |  3       |  2.00      | 2025-03-03T10:00:00Z
        sale      | urn        |  1       |  6.00      | 2025-03-03T10:00:00Z
        return    | jug        | -1       | 50.00      | 2025-03-03T10:00:00Z
    """,
    )
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id
        2025-03-03T10:00:00Z | view       | cup
        2025-03-03T10:00:01Z | view       | mug
        2025-03-03T10:00:02Z | cart       | mug
        2025-03-03T10:00:03Z | purchase   | mug
        2025-03-03T10:00:04Z | view       | mug
    """,
    )
    # WHEN
    products = build(spark, "product_performance")
    # THEN only products with units have a rank
    assert rows(products, "product_id", "units", "units_rank", "net_amount", "revenue_rank") == [
        ("cup", 0, None, "0.00", None),
        ("jug", 0, None, "-50.00", None),
        ("mug", 5, 1, "5.00", 4),
        ("pan", 3, 2, "27.00", 1),
        ("pot", 3, 2, "6.00", 2),
        ("urn", 1, 4, "6.00", 2),
    ]
    assert rows(products, "product_id", "orders", "returned_units", "returned_amount", "views", "carts", "purchases") == [
        ("cup", 0, 0, "0.00", 1, 0, 0),
        ("jug", 0, 1, "50.00", 0, 0, 0),
        ("mug", 1, 0, "0.00", 2, 1, 1),
        ("pan", 1, 0, "0.00", 0, 0, 0),
        ("pot", 1, 0, "0.00", 0, 0, 0),
        ("urn", 1, 0, "0.00", 0, 0, 0),
    ]


def test_postage_is_not_a_product_but_a_written_off_item_is(spark):
    table(
        spark,
        "order_items",
        """
        line_type | item_kind | product_id | quantity | unit_price | ordered_at
        sale      | shipping  | POST       |  1       | 3.00       | 2025-03-03T10:00:00Z
        sale      | product   | mug        |  1       | 5.00       | 2025-03-03T10:00:00Z
        sale      | sample    | mug        |  4       | 0.00       | 2025-03-03T10:00:00Z
        write_off | product   | vase       | -2       | 0.00       | 2025-03-03T10:00:00Z
    """,
    )
    assert rows(build(spark, "product_performance"), "product_id", "orders", "units", "net_amount") == [
        ("mug", 1, 1, "5.00"),
        ("vase", 0, 0, "0.00"),
    ]


def test_trending_starts_at_10_units_and_a_ratio_of_one_and_a_half(spark):
    # GIVEN sales on the edges of the two windows before 5 February: 30 January is the first of the last 7 days, 29 the
    # last and 2 January the first of the 28 before; events and a return after the last sale do not move the windows
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id
        2025-02-19T10:00:00Z | view       | unsold
    """,
    )
    table(
        spark,
        "order_items",
        """
        line_type | product_id   | quantity | unit_price | ordered_at
        sale      | steady       | 12       | 1.00       | 2025-01-30T00:00:00Z
        sale      | steady       | 33       | 1.00       | 2025-01-29T00:00:00Z
        sale      | rising       |  3       | 1.00       | 2025-02-05T00:00:00Z
        sale      | rising       |  9       | 1.00       | 2025-01-30T00:00:00Z
        sale      | rising       | 30       | 1.00       | 2025-01-29T23:00:00Z
        sale      | rising       |  2       | 1.00       | 2025-01-02T00:00:00Z
        sale      | rising       | 99       | 1.00       | 2025-01-01T23:00:00Z
        sale      | few          |  9       | 1.00       | 2025-02-05T00:00:00Z
        sale      | few          |  1       | 1.00       | 2025-01-20T00:00:00Z
        sale      | few and new  |  9       | 1.00       | 2025-02-05T00:00:00Z
        sale      | new          | 10       | 1.00       | 2025-02-05T00:00:00Z
        sale      | old          | 10       | 1.00       | 2025-01-01T00:00:00Z
        return    | old          | -1       | 1.00       | 2025-02-12T00:00:00Z
        sale      | canceled     | 80995    | 1.00       | 2025-02-05T09:15:00Z
        return    | canceled     | -80995   | 1.00       | 2025-02-05T09:27:00Z
        sale      | back         | 10       | 1.00       | 2025-02-05T00:00:00Z
        return    | back         | -4       | 1.00       | 2025-01-20T00:00:00Z
    """,
    )
    # WHEN
    products = build(spark, "product_performance")
    # THEN 4 × 12 / 32 is just enough, 4 × 12 / 33 is not
    assert rows(products, "product_id", "units_last_7_days", "units_prior_28_days", "trend_ratio", "is_trending") == [
        ("back", 10, -4, None, True),
        ("canceled", 0, 0, None, False),
        ("few", 9, 1, 36.0, False),
        ("few and new", 9, 0, None, False),
        ("new", 10, 0, None, True),
        ("old", 0, 0, None, False),
        ("rising", 12, 32, 1.5, True),
        ("steady", 12, 33, 48 / 33, False),
        ("unsold", 0, 0, None, False),
    ]
    assert rows(products.distinct(), "as_of") == [("2025-02-05",)] * 9


@pytest.mark.parametrize(
    ("first_day", "prior_units", "is_trending"), [("2025-01-02", 1, True), ("2025-01-03", None, None)], ids=["35 days", "34 days"]
)
def test_there_is_no_trend_before_thirty_five_days_of_sales(spark, first_day, prior_units, is_trending):
    table(
        spark,
        "order_items",
        f"""
        product_id | quantity | unit_price | ordered_at
        mug        |  1       | 1.00       | {first_day}T10:00:00Z
        mug        | 12       | 1.00       | 2025-02-05T10:00:00Z
    """,
    )
    products = build(spark, "product_performance")
    columns = ("units_last_7_days", "units_prior_28_days", "trend_ratio", "is_trending")
    ratio = None if prior_units is None else 48.0
    assert rows(products, *columns) == [(12, prior_units, ratio, is_trending)]


def test_products_without_a_sale_in_the_shop_have_no_last_day(spark):
    table(spark, "events", "event_time|event_type|product_id\n2025-02-05T10:00:00Z|view|mug")
    assert rows(build(spark, "product_performance"), "product_id", "views", "as_of", "is_trending") == [("mug", 1, None, None)]


def test_a_category_counts_an_order_once_and_products_without_one_are_grouped(spark):
    # GIVEN an order of two kitchen products; a lamp without category; a vase that no catalog knows; a fee
    table(
        spark,
        "products",
        """
        product_id | category | brand | observed_at
        mug        | kitchen  | acme  | 2025-03-01T00:00:00Z
        pot        | kitchen  |       | 2025-03-01T00:00:00Z
        lamp       |          | acme  | 2025-03-01T00:00:00Z
        unseen     | garden   | acme  | 2025-03-01T00:00:00Z
    """,
    )
    table(
        spark,
        "order_items",
        """
        order_id | line_type | item_kind | product_id | quantity | unit_price | ordered_at
        o1       | sale      | product   | mug        |  1       |  4.00      | 2025-03-03T10:00:00Z
        o1       | sale      | product   | pot        |  1       | 12.00      | 2025-03-03T10:00:00Z
        o1       | sale      | shipping  | POST       |  1       |  3.00      | 2025-03-03T10:00:00Z
        o1-r     | return    | product   | mug        | -1       |  4.00      | 2025-03-03T10:00:00Z
        o2       | sale      | product   | lamp       |  1       |  4.00      | 2025-03-03T10:00:00Z
    """,
    )
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id
        2025-03-03T10:00:00Z | view       | mug
        2025-03-03T10:00:01Z | view       | mug
        2025-03-03T10:00:02Z | view       | vase
        2025-03-03T10:00:03Z | cart       | mug
        2025-03-03T10:00:04Z | purchase   | pot
        2025-03-03T10:00:05Z | cart       | vase
    """,
    )
    # WHEN
    categories = build(spark, "category_performance").where("level = 'category'")
    # THEN the garden, never sold nor seen, has no row
    assert rows(categories, "category", "products", "orders", "units", "net_amount", "share_of_net") == [
        ("(none)", 2, 1, 1, "4.00", 0.25),
        ("kitchen", 2, 1, 2, "12.00", 0.75),
    ]
    assert rows(categories, "category", "views", "carts", "purchases", "gross_amount", "returned_amount") == [
        ("(none)", 1, 1, 0, "4.00", "0.00"),
        ("kitchen", 2, 1, 1, "16.00", "4.00"),
    ]
    # and brands likewise
    brands = build(spark, "brand_report")
    assert rows(brands, "brand", "views", "carts", "purchases", "units", "revenue") == [
        ("(none)", 1, 1, 1, 1, "12.00"),
        ("acme", 2, 1, 0, 2, "4.00"),
    ]
    assert rows(brands, "brand", "view_to_cart_rate", "view_to_purchase_rate") == [("(none)", 1.0, 1.0), ("acme", 0.5, 0.0)]


def test_rates_and_shares_with_a_zero_denominator_are_null(spark):
    # GIVEN all that was sold came back, and nobody viewed anything
    table(
        spark,
        "order_items",
        """
        line_type | product_id | quantity | unit_price | ordered_at
        sale      | mug        |  1       | 4.00       | 2025-03-03T10:00:00Z
        return    | mug        | -1       | 4.00       | 2025-03-04T10:00:00Z
    """,
    )
    categories = build(spark, "category_performance").where("level = 'category'")
    assert rows(categories, "category", "net_amount", "share_of_net") == [("(none)", "0.00", None)]
    assert rows(build(spark, "brand_report"), "brand", "view_to_cart_rate", "view_to_purchase_rate") == [("(none)", None, None)]
    assert rows(build(spark, "price_bands"), "band", "net_amount", "view_to_purchase_rate") == [("4.00+", "0.00", None)]


def test_categories_roll_up_to_the_top_of_their_path(spark):
    # GIVEN an order of a phone and headphones; a lamp whose category the tree has; a cup whose category has no path
    table(
        spark,
        "products",
        """
        product_id | category_id | category               | observed_at
        phone      | 1           | electronics.smartphone | 2025-03-01T00:00:00Z
        headphones | 2           | electronics.audio      | 2025-03-01T00:00:00Z
        lamp       | l           | Desk lamps             | 2025-03-01T00:00:00Z
        cup        |             | St. Ives cups          | 2025-03-01T00:00:00Z
    """,
    )
    table(
        spark,
        "categories",
        """
        category_id | path                        | observed_at
        l           | Home > Lamps                | 2025-02-01T00:00:00Z
        l           | Home > Lights > Desk lamps  | 2025-03-01T00:00:00Z
    """,
    )
    table(
        spark,
        "order_items",
        """
        order_id | product_id | quantity | unit_price | ordered_at
        o1       | phone      | 1        | 60.00      | 2025-03-03T10:00:00Z
        o1       | headphones | 1        | 20.00      | 2025-03-03T10:00:00Z
        o2       | lamp       | 1        | 15.00      | 2025-03-03T10:00:00Z
        o2       | cup        | 1        |  5.00      | 2025-03-03T10:00:00Z
    """,
    )
    # THEN
    assert rows(build(spark, "dim_product"), "product_id", "category_path", "top_category") == [
        ("cup", "St. Ives cups", "St. Ives cups"),
        ("headphones", "electronics > audio", "electronics"),
        ("lamp", "Home > Lights > Desk lamps", "Home"),
        ("phone", "electronics > smartphone", "electronics"),
    ]
    top = build(spark, "category_performance").where("level = 'top_category'")
    # AND an order of two products of electronics counts once
    assert rows(top, "category", "products", "orders", "net_amount", "share_of_net") == [
        ("Home", 1, 1, "15.00", 0.15),
        ("St. Ives cups", 1, 1, "5.00", 0.05),
        ("electronics", 2, 1, "80.00", 0.8),
    ]
