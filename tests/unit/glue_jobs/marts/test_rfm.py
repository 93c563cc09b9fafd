"""rfm_monthly, rfm and rfm_migration: scores, ties, segments and moves between segments."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_scores_count_worse_customers_and_ties_share_a_score(spark):
    # GIVEN ten customers: nine bought once, two of them on the last day; c10 bought twice and spent most
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | product_id | quantity | unit_price | ordered_at
        c01         | o01      | mug        | 1        |  5.00      | 2025-03-01T10:00:00Z
        c02         | o02      | mug        | 1        |  5.00      | 2025-03-02T10:00:00Z
        c03         | o03      | mug        | 1        |  5.00      | 2025-03-03T10:00:00Z
        c04         | o04      | mug        | 1        |  5.00      | 2025-03-04T10:00:00Z
        c05         | o05      | mug        | 1        |  6.00      | 2025-03-05T10:00:00Z
        c06         | o06      | mug        | 1        |  6.00      | 2025-03-06T10:00:00Z
        c07         | o07      | mug        | 1        |  6.00      | 2025-03-07T10:00:00Z
        c08         | o08      | mug        | 1        |  6.00      | 2025-03-08T10:00:00Z
        c09         | o09      | mug        | 1        |  7.00      | 2025-03-10T10:00:00Z
        c10         | o10      | mug        | 1        |  8.00      | 2025-03-10T10:00:00Z
        c10         | o11      | mug        | 1        |  8.00      | 2025-03-01T10:00:00Z
    """,
    )
    # THEN 5 × 8 / 10 = 4, so both of the last day have recency 5; one order is frequency 1 however many have just one
    assert rows(build(spark, "rfm"), "customer_id", "recency_days", "frequency", "monetary_amount", "rfm_score", "segment") == [
        ("c01", 9, 1, "5.00", "111", "Lost"),
        ("c02", 8, 1, "5.00", "111", "Lost"),
        ("c03", 7, 1, "5.00", "211", "Hibernating"),
        ("c04", 6, 1, "5.00", "211", "Hibernating"),
        ("c05", 5, 1, "6.00", "313", "About To Sleep"),
        ("c06", 4, 1, "6.00", "313", "About To Sleep"),
        ("c07", 3, 1, "6.00", "413", "Potential Loyalist"),
        ("c08", 2, 1, "6.00", "413", "Potential Loyalist"),
        ("c09", 0, 1, "7.00", "515", "Potential Loyalist"),
        ("c10", 0, 2, "16.00", "555", "Champions"),
    ]


def test_returns_lower_monetary_value_and_do_not_make_a_customer(spark):
    # GIVEN c1 brings back all it bought, c2 only returns, c3 only pays postage, and one buyer is unknown
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | line_type | item_kind | product_id | quantity | unit_price | ordered_at
        c1          | o1       | sale      | product   | mug        |  2       | 5.00       | 2025-03-01T10:00:00Z
        c1          | o1-r     | return    | product   | mug        | -2       | 5.00       | 2025-03-05T10:00:00Z
        c2          | o2-r     | return    | product   | mug        | -1       | 5.00       | 2025-03-05T10:00:00Z
        c3          | o3       | sale      | shipping  | POST       |  1       | 3.00       | 2025-03-05T10:00:00Z
                    | o4       | sale      | product   | mug        |  1       | 5.00       | 2025-03-02T10:00:00Z
    """,
    )
    # THEN the day is that of the last sale, on which the return had not come yet
    scored = rows(build(spark, "rfm"), "customer_id", "as_of", "recency_days", "frequency", "monetary_amount", "rfm_score")
    assert scored == [("c1", "2025-03-02", 1, 1, "10.00", "111")]


def test_an_order_on_two_days_counts_once_and_its_last_day_sets_recency(spark):
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | product_id | quantity | unit_price | ordered_at
        c1          | o1       | mug        | 1        | 5.00       | 2025-03-31T23:59:00Z
        c1          | o1       | pot        | 1        | 9.00       | 2025-04-01T00:01:00Z
    """,
    )
    monthly = build(spark, "rfm_monthly")
    assert rows(monthly, "as_of", "recency_days", "frequency", "monetary_amount") == [
        ("2025-03-31", 0, 1, "5.00"),
        ("2025-04-01", 0, 1, "14.00"),
    ]


def test_customers_move_between_segments_at_month_ends(spark):
    # GIVEN a and b buy in January, b again in March, c for the first time in March, which ends on the 20th
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | product_id | quantity | unit_price | ordered_at
        a           | o1       | mug        | 1        | 5.00       | 2025-01-10T10:00:00Z
        b           | o2       | mug        | 1        | 5.00       | 2025-01-20T10:00:00Z
        b           | o3       | mug        | 1        | 5.00       | 2025-03-15T10:00:00Z
        c           | o4       | mug        | 1        | 5.00       | 2025-03-20T10:00:00Z
    """,
    )
    # WHEN
    moved = build(spark, "rfm_migration")
    # THEN of a and b, b is the more recent (5 × 1 / 2 = 2, so 3); in March c is the third (5 × 2 / 3 = 3, so 4)
    columns = ("as_of", "previous_as_of", "from_segment", "to_segment", "customers", "share_of_from")
    assert rows(moved, *columns) == [
        ("2025-02-28", "2025-01-31", "Lost", "Lost", 1, 1.0),
        ("2025-02-28", "2025-01-31", "Promising", "Promising", 1, 1.0),
        ("2025-03-20", "2025-02-28", "(none)", "Promising", 1, 1.0),
        ("2025-03-20", "2025-02-28", "Lost", "Lost", 1, 1.0),
        ("2025-03-20", "2025-02-28", "Promising", "At Risk", 1, 1.0),
    ]
