"""cohorts, order_gaps and customer_lifecycle: which customers return, and when."""

from __future__ import annotations

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
    assert rows(build(spark, "order_gaps"), "gap_days", "gaps", "share", "cumulative_share") == [
        (10, 3, 0.75, 0.75),
        (30, 1, 0.25, 1.0),
    ]


def test_lifecycle_state_depends_on_how_soon_all_customers_return(spark):
    # GIVEN five gaps, four of them of 10 days or fewer, so the window is 10 days; the last day is 1 March
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
    """,
    )
    lifecycle = build(spark, "customer_lifecycle")
    assert rows(lifecycle, "customer_id", "state", "order_days", "days_since_order", "last_gap_days", "mean_gap_days") == [
        ("back", "reactivated", 2, 9, 50, 50.0),
        ("fresh", "new", 1, 10, None, None),
        ("gone", "lapsed", 2, 21, 7, 7.0),
        ("late", "lapsing", 2, 11, 10, 10.0),
        ("once", "lapsing", 1, 11, None, None),
        ("steady", "active", 3, 0, 10, 10.0),
    ]
    assert {row[0] for row in rows(lifecycle, "window_days")} == {10}


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
