"""fct_sessions: the funnel steps of a session, in order."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_funnel_steps_count_only_in_order(spark):
    # GIVEN sessions named after the expected result; all events of one are seconds apart
    table(
        spark,
        "events",
        """
        session_id              | event_type | event_time           | product_id
        cart before view        | cart       | 2019-10-01T10:00:01Z | mug
        cart before view        | view       | 2019-10-01T10:00:02Z | mug
        cart before view        | purchase   | 2019-10-01T10:00:03Z | mug
        cart around view        | cart       | 2019-10-01T10:00:01Z | mug
        cart around view        | view       | 2019-10-01T10:00:02Z | mug
        cart around view        | purchase   | 2019-10-01T10:00:03Z | mug
        cart around view        | cart       | 2019-10-01T10:00:04Z | mug
        in order                | view       | 2019-10-01T10:00:01Z | mug
        in order                | cart       | 2019-10-01T10:00:02Z | pot
        in order                | purchase   | 2019-10-01T10:00:03Z | pan
        middle cart counts      | cart       | 2019-10-01T10:00:01Z | mug
        middle cart counts      | view       | 2019-10-01T10:00:02Z | mug
        middle cart counts      | cart       | 2019-10-01T10:00:03Z | mug
        middle cart counts      | purchase   | 2019-10-01T10:00:04Z | mug
        middle cart counts      | cart       | 2019-10-01T10:00:05Z | mug
        no view                 | cart       | 2019-10-01T10:00:01Z | mug
        no view                 | purchase   | 2019-10-01T10:00:02Z | mug
        purchase before cart    | view       | 2019-10-01T10:00:01Z | mug
        purchase before cart    | purchase   | 2019-10-01T10:00:02Z | mug
        purchase before cart    | cart       | 2019-10-01T10:00:03Z | mug
        same second             | view       | 2019-10-01T10:00:01Z | mug
        same second             | cart       | 2019-10-01T10:00:01Z | mug
        same second             | purchase   | 2019-10-01T10:00:01Z | mug
        second purchase counts  | purchase   | 2019-10-01T10:00:01Z | mug
        second purchase counts  | view       | 2019-10-01T10:00:02Z | mug
        second purchase counts  | cart       | 2019-10-01T10:00:03Z | mug
        second purchase counts  | purchase   | 2019-10-01T10:00:04Z | mug
    """,
    )
    # WHEN
    sessions = build(spark, "fct_sessions")
    # THEN
    assert rows(sessions, "session_id", "reached_view", "reached_cart", "reached_purchase", "has_purchase") == [
        ("cart around view", True, True, False, True),
        ("cart before view", True, False, False, True),
        ("in order", True, True, True, True),
        ("middle cart counts", True, True, True, True),
        ("no view", False, False, False, True),
        ("purchase before cart", True, True, False, True),
        ("same second", True, True, True, True),
        ("second purchase counts", True, True, True, True),
    ]


def test_time_to_purchase_is_from_the_first_view_to_the_next_purchase(spark):
    # GIVEN a purchase before the view and two after it; a purchase before the view only; a purchase without a view
    table(
        spark,
        "events",
        """
        session_id | event_type | event_time           | product_id
        a          | purchase   | 2019-10-01T10:00:00Z | mug
        a          | view       | 2019-10-01T10:01:00Z | mug
        a          | purchase   | 2019-10-01T10:01:30Z | mug
        a          | view       | 2019-10-01T10:02:00Z | mug
        a          | purchase   | 2019-10-01T10:03:00Z | mug
        b          | purchase   | 2019-10-01T10:00:00Z | mug
        b          | view       | 2019-10-01T10:01:00Z | mug
        c          | purchase   | 2019-10-01T10:00:00Z | mug
        d          | view       | 2019-10-01T10:00:00Z | mug
    """,
    )
    # WHEN
    sessions = build(spark, "fct_sessions")
    # THEN
    assert rows(sessions, "session_id", "first_view_at", "first_purchase_at", "seconds_view_to_purchase") == [
        ("a", "2019-10-01T10:01:00Z", "2019-10-01T10:00:00Z", 30),
        ("b", "2019-10-01T10:01:00Z", "2019-10-01T10:00:00Z", None),
        ("c", None, "2019-10-01T10:00:00Z", None),
        ("d", "2019-10-01T10:00:00Z", None, None),
    ]


def test_fractions_of_a_second_are_dropped(spark):
    table(
        spark,
        "events",
        """
        user_id | event_type | event_time               | product_id
        u1      | view       | 1970-01-01T00:00:01.900Z | mug
        u1      | purchase   | 1970-01-01T00:00:04.800Z | mug
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "duration_seconds", "seconds_view_to_purchase") == [("u1@1", 2, 2)]
