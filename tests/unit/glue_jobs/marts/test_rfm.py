"""rfm_monthly, rfm and rfm_migration: scores, ties, segments, moves between segments, and when there are none."""

from __future__ import annotations

import pytest

from tests.support.frames import build, rows, table

# Sales of a year before, to customers who never came back; nobody knows the first.
CROWD = """
        customer_id | order_id | line_type | item_kind | product_id | quantity | unit_price | ordered_at
                    | x0       | sale      | product   | mug        |  1       |  1.00      | 2024-01-01T10:00:00Z
        x1          | x1       | sale      | product   | mug        |  1       |  1.00      | 2024-01-02T10:00:00Z
        x2          | x2       | sale      | product   | mug        |  1       |  1.00      | 2024-01-03T10:00:00Z
        x3          | x3       | sale      | product   | mug        |  1       |  1.00      | 2024-01-04T10:00:00Z
        x4          | x4       | sale      | product   | mug        |  1       |  1.00      | 2024-01-05T10:00:00Z"""


def scored(spark, mart, *columns):
    """The rows of the customers that are not of the crowd."""
    return rows(build(spark, mart).where("customer_id not like 'x%'"), *columns)


def test_scores_count_worse_customers_and_a_tie_gets_the_middle_of_its_ranks(spark):
    # GIVEN ten customers: nine bought once, two of them on the last day; c10 bought twice and spent most
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | product_id | quantity | unit_price | ordered_at
                    | o00      | mug        | 1        |  1.00      | 2024-01-01T10:00:00Z
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
    # THEN 5 × (8 + 1/2) / 10 = 4.25, so both of the last day have recency 5; of nine with one order each has 5 × (8/2) / 10 = 2
    assert rows(build(spark, "rfm"), "customer_id", "recency_days", "frequency", "monetary_amount", "rfm_score", "segment") == [
        ("c01", 9, 1, "5.00", "131", "Hibernating"),
        ("c02", 8, 1, "5.00", "131", "Hibernating"),
        ("c03", 7, 1, "5.00", "231", "About To Sleep"),
        ("c04", 6, 1, "5.00", "231", "About To Sleep"),
        ("c05", 5, 1, "6.00", "333", "Need Attention"),
        ("c06", 4, 1, "6.00", "333", "Need Attention"),
        ("c07", 3, 1, "6.00", "433", "Potential Loyalist"),
        ("c08", 2, 1, "6.00", "433", "Potential Loyalist"),
        ("c09", 0, 1, "7.00", "535", "Champions"),
        ("c10", 0, 2, "16.00", "555", "Champions"),
    ]


@pytest.mark.parametrize(
    ("first_day", "last_days", "customers"),
    [
        ("2024-09-12", (10, 9, 8, 7, 6), 5),
        ("2024-09-13", (10, 9, 8, 7, 6), 0),
        ("2024-09-12", (10, 9, 8, 7, 7), 0),
        pytest.param("2024-09-12", (10, 10, 10, 10, 10), 0, marks=pytest.mark.full),
    ],
    ids=["two windows and five values", "a day less", "four values", "one day"],
)
def test_there_is_no_rfm_of_a_short_history_or_of_too_few_values(spark, first_day, last_days, customers):
    # GIVEN nobody came back, so the window is 90 days; 180 days end on 10 March
    lines = [f"c{number}|mug|1|5.00|2025-03-{day:02}T10:00:00Z" for number, day in enumerate(last_days)]
    header = "customer_id|product_id|quantity|unit_price|ordered_at"
    table(spark, "order_items", "\n".join([header, f"|mug|1|5.00|{first_day}T10:00:00Z", *lines]))
    assert build(spark, "rfm").count() == customers


def test_returns_and_discounts_lower_monetary_value_and_do_not_make_a_customer(spark):
    # GIVEN c1 gets 3.00 off with a voucher and brings all back, c2 only returns, c3 only pays postage, and one buyer is unknown
    table(
        spark,
        "order_items",
        CROWD
        + """
        c1          | o1       | sale      | product   | mug        |  2       | 5.00       | 2025-03-01T10:00:00Z
        c1          | o1-d     | return    | discount  | D          | -1       | 3.00       | 2025-03-02T10:00:00Z
        c1          | o1-r     | return    | product   | mug        | -2       | 5.00       | 2025-03-05T10:00:00Z
        c2          | o2-r     | return    | product   | mug        | -1       | 5.00       | 2025-03-05T10:00:00Z
        c3          | o3       | sale      | shipping  | POST       |  1       | 3.00       | 2025-03-05T10:00:00Z
                    | o4       | sale      | product   | mug        |  1       | 5.00       | 2025-03-02T10:00:00Z
    """,
    )
    # THEN the day is that of the last sale, on which the return had not come yet
    assert scored(spark, "rfm", "customer_id", "as_of", "recency_days", "frequency", "monetary_amount", "rfm_score") == [
        ("c1", "2025-03-02", 1, 1, "7.00", "535")
    ]


def test_an_order_on_two_days_counts_once_and_its_last_day_sets_recency(spark):
    table(
        spark,
        "order_items",
        CROWD
        + """
        c1          | o1       | sale      | product   | mug        |  1       | 5.00       | 2025-03-31T23:59:00Z
        c1          | o1       | sale      | product   | pot        |  1       | 9.00       | 2025-04-01T00:01:00Z
    """,
    )
    assert scored(spark, "rfm_monthly", "as_of", "recency_days", "frequency", "monetary_amount") == [
        ("2025-03-31", 0, 1, "5.00"),
        ("2025-04-01", 0, 1, "14.00"),
    ]


def test_customers_move_between_segments_at_month_ends(spark):
    # GIVEN a and b buy in January, b again in March, c for the first time in March, which ends on the 20th
    table(
        spark,
        "order_items",
        CROWD
        + """
        a           | o1       | sale      | product   | mug        |  1       | 5.00       | 2025-01-10T10:00:00Z
        b           | o2       | sale      | product   | mug        |  1       | 5.00       | 2025-01-20T10:00:00Z
        b           | o3       | sale      | product   | mug        |  1       | 5.00       | 2025-03-15T10:00:00Z
        c           | o4       | sale      | product   | mug        |  1       | 5.00       | 2025-03-20T10:00:00Z
    """,
    )
    # WHEN
    moved = build(spark, "rfm_migration").where("from_segment != to_segment and as_of >= '2025-02-01'")
    # THEN of six, a and b scored 434 and 534 until February: 5 × 4 / 6 = 3.3 and 5 × 5 / 6 = 4.2, frequency 5 × 2.5 / 6 = 2.1,
    # money 5 × 4.5 / 6 = 3.75; of seven in March, a scores 5 × 4 / 7 = 2.9, 5 × 2.5 / 7 = 1.8 and 5 × 4.5 / 7 = 3.2: 324; the
    # crowd fell from 1, 1, 2 and 3 with 32 to the same with 22
    columns = ("as_of", "previous_as_of", "from_segment", "to_segment", "customers", "share_of_from")
    assert rows(moved, *columns) == [
        ("2025-03-20", "2025-02-28", "(none)", "Potential Loyalist", 1, 1.0),
        ("2025-03-20", "2025-02-28", "At Risk", "About To Sleep", 1, 1 / 3),
        ("2025-03-20", "2025-02-28", "At Risk", "Hibernating", 2, 2 / 3),
        ("2025-03-20", "2025-02-28", "Loyal", "Need Attention", 1, 1.0),
        ("2025-03-20", "2025-02-28", "Need Attention", "About To Sleep", 1, 1.0),
    ]
