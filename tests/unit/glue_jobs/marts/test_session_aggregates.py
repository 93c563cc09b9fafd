"""funnel_daily and session_daily: sessions by the day they started."""

from __future__ import annotations

from tests.support.frames import build, rows, table

SESSIONS = """
    session_date | user_id | events | duration_seconds | reached_view | reached_cart | reached_purchase | has_purchase | \
seconds_view_to_purchase
    2019-10-01   | u1      | 1      |   0              | true   | false  | false  | false        |
    2019-10-01   | u1      | 2      |  10              | true   | true   | false  | true         |  40
    2019-10-01   | u2      | 4      |  40              | true   | true   | true   | true         |  10
    2019-10-01   |         | 5      | 100              | true   | true   | true   | true         |  20
    2019-10-03   | u3      | 1      |   0              | false  | false  | false  | true         |
"""


def test_the_funnel_counts_each_session_once_per_step(spark):
    # GIVEN on Tuesday 4 sessions with a view, 3 with a cart after it, 2 with a purchase after that; none on Wednesday
    table(spark, "fct_sessions", SESSIONS)
    # WHEN
    funnel = build(spark, "funnel_daily")
    # THEN Wednesday has no row, and Thursday's purchase without a view no rates
    assert rows(funnel, "date", "sessions", "reached_view", "reached_cart", "reached_purchase", "view_to_cart_rate") == [
        ("2019-10-01", 4, 4, 3, 2, 0.75),
        ("2019-10-03", 1, 0, 0, 0, None),
    ]
    assert rows(funnel, "date", "cart_to_purchase_rate", "view_to_purchase_rate") == [
        ("2019-10-01", 2 / 3, 0.5),
        ("2019-10-03", None, None),
    ]


def test_the_median_of_an_even_count_is_the_mean_of_the_middle_two(spark):
    # GIVEN durations 0, 10, 40, 100 and times to purchase 40, 10, 20 on one day
    table(spark, "fct_sessions", SESSIONS)
    # WHEN
    daily = build(spark, "session_daily")
    # THEN (10 + 40) / 2 = 25, and 20 of the three
    assert rows(daily, "date", "median_duration_seconds", "average_duration_seconds", "median_seconds_to_purchase") == [
        ("2019-10-01", 25.0, 37.5, 20.0),
        ("2019-10-03", 0.0, 0.0, None),
    ]


def test_a_day_counts_sessions_users_and_conversions(spark):
    table(spark, "fct_sessions", SESSIONS)
    daily = build(spark, "session_daily")
    # Null users do not count; a purchase without a view still converts.
    assert rows(daily, "date", "sessions", "users", "events", "average_events", "single_event_sessions") == [
        ("2019-10-01", 4, 2, 12, 3.0, 1),
        ("2019-10-03", 1, 1, 1, 1.0, 1),
    ]
    assert rows(daily, "date", "converted_sessions", "conversion_rate") == [("2019-10-01", 3, 0.75), ("2019-10-03", 1, 1.0)]


def test_days_of_two_sources_are_two_rows(spark):
    table(
        spark,
        "fct_sessions",
        """
        source|session_id|session_date | duration_seconds | events | reached_view | reached_cart | reached_purchase |has_purchase
        s      | a          | 2019-10-01   | 0                | 1      | true   | false  | false  | false
        t      | a          | 2019-10-01   | 8                | 3      | true   | true   | true   | true
    """,
    )
    assert rows(build(spark, "funnel_daily"), "source", "date", "sessions", "reached_purchase") == [
        ("s", "2019-10-01", 1, 0),
        ("t", "2019-10-01", 1, 1),
    ]
    assert rows(build(spark, "session_daily"), "source", "date", "sessions", "events") == [
        ("s", "2019-10-01", 1, 1),
        ("t", "2019-10-01", 1, 3),
    ]
