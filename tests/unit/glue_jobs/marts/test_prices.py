"""price_bands and fct_product_activity: activity by price."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_a_price_on_a_bound_belongs_to_the_band_above(spark):
    # GIVEN views at 0, 9.9999, 10, 24.99, 999.99 and 1000, a removal at 25, and one without a price
    table(
        spark,
        "events",
        """
        event_time           | event_type       | product_id | price
        2025-03-03T10:00:00Z | view             | a          |    0.00
        2025-03-03T10:00:01Z | view             | b          |    9.9999
        2025-03-03T10:00:02Z | view             | c          |   10.00
        2025-03-03T10:00:03Z | view             | d          |   24.99
        2025-03-03T10:00:04Z | purchase         | d          |   24.99
        2025-03-03T10:00:05Z | remove_from_cart | e          |   25.00
        2025-03-03T10:00:06Z | view             | f          |  999.99
        2025-03-03T10:00:07Z | view             | g          | 1000.00
        2025-03-03T10:00:08Z | view             | h          |
    """,
    )
    table(
        spark,
        "order_items",
        """
        line_type  | item_kind  | product_id | quantity | unit_price | ordered_at
        sale       | product    | x          |  2       |   50.00    | 2025-03-03T10:00:00Z
        return     | product    | x          | -1       |   50.00    | 2025-03-03T10:00:00Z
        sale       | shipping   | POST       |  1       |  100.00    | 2025-03-03T10:00:00Z
        write_off  | product    | y          | -1       |  250.00    | 2025-03-03T10:00:00Z
        adjustment | adjustment | B          |  1       | -100.00    | 2025-03-03T10:00:00Z
    """,
    )
    # WHEN
    bands = build(spark, "price_bands")
    # THEN bands without any event or product line have no row; a removal makes a row of zeros
    assert rows(bands, "band_order", "band", "views", "carts", "purchases", "units", "net_amount", "view_to_purchase_rate") == [
        (1, "0-10", 2, 0, 0, 0, "0.00", 0.0),
        (2, "10-25", 2, 0, 1, 0, "0.00", 0.5),
        (3, "25-50", 0, 0, 0, 0, "0.00", None),
        (4, "50-100", 0, 0, 0, 2, "50.00", None),
        (7, "500-1000", 1, 0, 0, 0, "0.00", 0.0),
        (8, "1000+", 1, 0, 0, 0, "0.00", 0.0),
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
