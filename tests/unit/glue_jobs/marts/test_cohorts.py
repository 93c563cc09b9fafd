"""cohorts, order_gaps and customer_lifecycle: which customers return, and when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.support.frames import build, rows, table


def test_a_cohort_has_a_row_for_every_month_to_the_last(spark):
    # GIVEN a and b begin in January; a returns something in February and buys again in March; c begins on 31 March
    table(
        spark,
        "order_items",
        """
        customer_id | order_id | line_type | product_id | quantity | unit_price | ordered_at
        a           | o1       | sale      | mug        |  4       | 5.00       | 2025-01-10T10:00:00Z
        b           | o2       | sale      | mug        |  1       | 5.00       | 2025-01-20T10:00:00Z
        a           | o1-r     | return    | mug        | -1       | 5.00       | 2025-02-03T10:00:00Z
        a           | o3       | sale      | mug        |  2       | 5.00       | 2025-03-15T10:00:00Z
        a           | o4       | sale      | mug        |  1       | 5.00       | 2025-03-16T10:00:00Z
        c           | o5       | sale      | mug        |  1       | 5.00       | 2025-03-31T10:00:00Z
    """,
    )
    cohorts = build(spark, "cohorts")
    columns = ("cohort_month", "month", "months_since", "cohort_customers", "active_customers", "retention_rate", "orders")
    assert rows(cohorts, *columns) == [
        ("2025-01-01", "2025-01-01", 0, 2, 2, 1.0, 2),
        ("2025-01-01", "2025-02-01", 1, 2, 0, 0.0, 0),
        ("2025-01-01", "2025-03-01", 2, 2, 1, 0.5, 2),
        ("2025-03-01", "2025-03-01", 0, 1, 1, 1.0, 1),
    ]
    assert rows(cohorts, "cohort_month", "month", "net_amount", "cumulative_net_amount", "is_complete_month") == [
        ("2025-01-01", "2025-01-01", "25.00", "25.00", True),
        ("2025-01-01", "2025-02-01", "-5.00", "20.00", True),
        ("2025-01-01", "2025-03-01", "15.00", "35.00", True),
        ("2025-03-01", "2025-03-01", "5.00", "5.00", True),
    ]


def test_gaps_are_between_days_not_between_orders(spark):
    # GIVEN a buys twice on one day, then after 10 and 10 days; b once; c after 30 days
    table(
        spark,
        "order_items",
        """
        customer_id | product_id | quantity | unit_price | ordered_at
        a           | mug        | 1        | 5.00       | 2025-01-01T10:00:00Z
        a           | mug        | 1        | 5.00       | 2025-01-01T18:00:00Z
        a           | mug        | 1        | 5.00       | 2025-01-11T10:00:00Z
        a           | mug        | 1        | 5.00       | 2025-01-21T10:00:00Z
        b           | mug        | 1        | 5.00       | 2025-01-02T10:00:00Z
        c           | mug        | 1        | 5.00       | 2025-01-03T10:00:00Z
        c           | mug        | 1        | 5.00       | 2025-02-02T10:00:00Z
        d           | mug        | 1        | 5.00       | 2025-01-03T10:00:00Z
        d           | mug        | 1        | 5.00       | 2025-01-13T10:00:00Z
    """,
    )
    gaps = build(spark, "order_gaps")
    assert rows(gaps, "gap_days", "gaps", "share", "cumulative_share") == [(10, 3, 0.75, 0.75), (30, 1, 0.25, 1.0)]
    # AND of the eight intervals, that of c is open on the last day, 2 February: those open for 12 (a), 31 (b), 0 (c) and 20
    # days (d) count as long as they last, so three of seven end after 10 days, and one of two that got to 30
    assert rows(gaps, "gap_days", "intervals_open", "return_probability") == [
        (10, 7, pytest.approx(3 / 7)),
        (30, 2, pytest.approx(1 - 4 / 7 * 1 / 2)),
    ]


def test_lifecycle_state_depends_on_how_soon_all_customers_return(spark):
    # GIVEN two customers who order every ten days; the last day is 1 March
    regular = [f"r{number}|mug|1|5.00|{day}T10:00:00Z" for number in (1, 2) for day in every_ten_days("2024-11-11", 12)]
    table(
        spark,
        "order_items",
        """
        customer_id | product_id | quantity | unit_price | ordered_at
        steady      | mug        | 1        | 5.00       | 2025-02-09T10:00:00Z
        steady      | mug        | 1        | 5.00       | 2025-02-19T10:00:00Z
        steady      | mug        | 1        | 5.00       | 2025-03-01T10:00:00Z
        back        | mug        | 1        | 5.00       | 2025-01-01T10:00:00Z
        back        | mug        | 1        | 5.00       | 2025-02-20T10:00:00Z
        late        | mug        | 1        | 5.00       | 2025-02-08T10:00:00Z
        late        | mug        | 1        | 5.00       | 2025-02-18T10:00:00Z
        gone        | mug        | 1        | 5.00       | 2025-02-01T10:00:00Z
        gone        | mug        | 1        | 5.00       | 2025-02-08T10:00:00Z
        fresh       | mug        | 1        | 5.00       | 2025-02-19T10:00:00Z
        once        | mug        | 1        | 5.00       | 2025-02-18T10:00:00Z
"""
        + "\n".join(regular),
    )
    # THEN of 32 intervals that lasted 7 days one ends, of 30 that lasted 10 days 25 end: 1 - 31/32 × 5/30 is 84 %
    lifecycle = build(spark, "customer_lifecycle")
    assert rows(lifecycle, "customer_id", "state", "order_days", "days_since_order", "last_gap_days", "mean_gap_days") == [
        ("back", "reactivated", 2, 9, 50, 50.0),
        ("fresh", "new", 1, 10, None, None),
        ("gone", "lapsed", 2, 21, 7, 7.0),
        ("late", "lapsing", 2, 11, 10, 10.0),
        ("once", "lapsing", 1, 11, None, None),
        ("r1", "active", 12, 0, 10, 10.0),
        ("r2", "active", 12, 0, 10, 10.0),
        ("steady", "active", 3, 0, 10, 10.0),
    ]
    assert {row[0] for row in rows(lifecycle, "window_days")} == {10}


def every_ten_days(first, times):
    return [date.fromisoformat(first) + timedelta(days=10 * number) for number in range(times)]


def test_the_window_counts_customers_who_have_not_returned(spark):
    # GIVEN ten who bought on 1 January, of whom two came back after 5 and 20 days; the last day is 2 March
    first = [f"c{number}|mug|1|5.00|2025-01-01T10:00:00Z" for number in range(10)]
    later = ["c0|mug|1|5.00|2025-01-06T10:00:00Z", "c1|mug|1|5.00|2025-01-21T10:00:00Z", "|mug|1|5.00|2025-03-02T10:00:00Z"]
    table(spark, "order_items", "\n".join(["customer_id|product_id|quantity|unit_price|ordered_at", *first, *later]))
    # THEN a sixth returns within 20 days: 1 - 11/12 × 10/11; that is four fifths of all who ever do
    assert rows(build(spark, "order_gaps"), "gap_days", "intervals_open", "return_probability") == [
        (5, 12, pytest.approx(1 / 12)),
        (20, 11, pytest.approx(1 / 6)),
    ]
    assert {row[0] for row in rows(build(spark, "customer_lifecycle"), "window_days")} == {20}


def test_the_window_is_ninety_days_if_no_customer_returned_yet(spark):
    table(
        spark,
        "order_items",
        """
        customer_id | line_type | product_id | quantity | unit_price | ordered_at
        a           | sale      | mug        |  1       | 5.00       | 2025-01-01T10:00:00Z
        b           | sale      | mug        |  1       | 5.00       | 2025-04-02T10:00:00Z
        c           | return    | mug        | -1       | 5.00       | 2025-04-02T10:00:00Z
    """,
    )
    lifecycle = build(spark, "customer_lifecycle")
    assert rows(lifecycle, "customer_id", "state", "window_days") == [("a", "lapsing", 90), ("b", "new", 90)]
