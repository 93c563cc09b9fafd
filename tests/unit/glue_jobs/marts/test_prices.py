"""price_bands and fct_product_activity: activity by price."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_bands_are_fifths_of_the_prices_viewed_and_a_price_on_a_bound_belongs_to_the_band_above(spark):
    # GIVEN ten views at 1 to 10, a removal at 0.50, an event without a price, and sales at 3.00 and 99.00
    views = [f"2025-03-03T10:00:{price:02}Z|view|a|{price}.00" for price in range(1, 11)]
    others = [
        "2025-03-03T11:00:00Z|purchase|d|3.00",
        "2025-03-03T11:00:01Z|remove_from_cart|e|0.50",
        "2025-03-03T11:00:02Z|view|h|",
    ]
    table(spark, "events", "\n".join(["event_time|event_type|product_id|price", *views, *others]))
    table(
        spark,
        "order_items",
        """
        line_type  | item_kind  | product_id | quantity | unit_price | ordered_at
        sale       | product    | x          |  2       |   99.00    | 2025-03-03T10:00:00Z
        return     | product    | x          | -1       |   99.00    | 2025-03-03T10:00:00Z
        sale       | product    | d          |  1       |    3.00    | 2025-03-03T10:00:00Z
        sale       | shipping   | POST       |  1       |  100.00    | 2025-03-03T10:00:00Z
        write_off  | product    | y          | -1       |  250.00    | 2025-03-03T10:00:00Z
        adjustment | adjustment | B          |  1       | -100.00    | 2025-03-03T10:00:00Z
    """,
    )
    # WHEN
    bands = build(spark, "price_bands")
    # THEN two views are below each bound; the first band begins at the lowest price, the last has what is dearer than all viewed
    assert rows(bands, "band_order", "band", "views", "carts", "purchases", "units", "net_amount", "view_to_purchase_rate") == [
        (1, "0.50-3.00", 2, 0, 0, 0, "0.00", 0.0),
        (2, "3.00-5.00", 2, 0, 1, 1, "3.00", 0.5),
        (3, "5.00-7.00", 2, 0, 0, 0, "0.00", 0.0),
        (4, "7.00-9.00", 2, 0, 0, 0, "0.00", 0.0),
        (5, "9.00+", 2, 0, 0, 2, "99.00", 0.0),
    ]


def test_bands_of_a_shop_without_views_are_fifths_of_its_sale_lines(spark):
    # GIVEN six lines, four of them at one price, and a line of 0.0125
    table(
        spark,
        "order_items",
        """
        product_id | quantity | unit_price | ordered_at
        a          | 9        | 0.0125     | 2025-03-03T10:00:00Z
        b          | 1        | 2.50       | 2025-03-03T10:00:00Z
        b          | 1        | 2.50       | 2025-03-03T10:00:00Z
        b          | 1        | 2.50       | 2025-03-03T10:00:00Z
        b          | 1        | 2.50       | 2025-03-03T10:00:00Z
        c          | 1        | 8.00       | 2025-03-03T10:00:00Z
    """,
    )
    # THEN three of the four bounds are 2.50
    assert rows(build(spark, "price_bands"), "band_order", "band", "units", "view_to_purchase_rate") == [
        (1, "0.0125-2.50", 9, None),
        (2, "2.50+", 5, None),
    ]


def test_activity_keeps_prices_dates_and_periods_apart(spark):
    # GIVEN a shop an hour ahead of UTC: the last event of October in UTC is of its first of November
    table(
        spark,
        "events",
        """
        event_time           | event_date | event_type       | product_id | price
        2019-10-31T23:30:00Z | 2019-11-01 | view             | mug        | 4.00
        2019-11-01T10:00:00Z | 2019-11-01 | view             | mug        | 4.00
        2019-11-01T10:01:00Z | 2019-11-01 | view             | mug        | 4.0000
        2019-11-01T10:02:00Z | 2019-11-01 | cart             | mug        | 5.00
        2019-11-01T10:03:00Z | 2019-11-01 | purchase         | mug        |
        2019-11-01T10:04:00Z | 2019-11-01 | remove_from_cart | mug        |
    """,
    )
    assert rows(
        build(spark, "fct_product_activity"), "period", "event_date", "price", "views", "carts", "removes", "purchases"
    ) == [
        ("2019-10", "2019-11-01", "4.00", 1, 0, 0, 0),
        ("2019-11", "2019-11-01", "4.00", 2, 0, 0, 0),
        ("2019-11", "2019-11-01", "5.00", 0, 1, 0, 0),
        ("2019-11", "2019-11-01", None, 0, 0, 1, 1),
    ]
