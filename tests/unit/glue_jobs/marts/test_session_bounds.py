"""fct_sessions: which events form one session, and its dates."""

from __future__ import annotations

from tests.support.frames import build, rows, table


def test_a_session_across_midnight_belongs_to_its_first_day(spark):
    # GIVEN a session of the source, from the last minute of October into November
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id | user_id | session_id
        2019-10-31T23:59:00Z | view       | mug        | u1      | a
        2019-11-01T00:01:00Z | cart       | mug        | u1      | a
        2019-11-01T00:04:00Z | purchase   | mug        | u1      | a
    """,
    )
    # WHEN
    sessions = build(spark, "fct_sessions")
    # THEN it belongs to the period and date of its start
    assert rows(sessions, "session_id", "period", "session_date", "started_at", "ended_at", "duration_seconds", "events") == [
        ("a", "2019-10", "2019-10-31", "2019-10-31T23:59:00Z", "2019-11-01T00:04:00Z", 300, 3),
    ]


def test_a_session_of_the_source_is_not_split_by_gaps(spark):
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id | user_id | session_id
        2019-10-01T10:00:00Z | view       | mug        | u1      | a
        2019-10-01T23:00:00Z | view       | pot        | u2      | a
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "user_id", "events", "products") == [("a", "u1", 2, 2)]


def test_without_session_id_a_gap_of_more_than_30_minutes_ends_the_session(spark):
    # GIVEN gaps of 29:59, 30:00 and 30:01
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id | user_id
        1970-01-01T00:00:00Z | view       | mug        | u1
        1970-01-01T00:29:59Z | view       | mug        | u1
        1970-01-01T00:59:59Z | view       | mug        | u1
        1970-01-01T01:30:00Z | view       | pot        | u1
    """,
    )
    # WHEN
    sessions = build(spark, "fct_sessions")
    # THEN only the last begins a new one, named after the user and the second of its start
    assert rows(sessions, "session_id", "user_id", "events", "duration_seconds", "products") == [
        ("u1@0", "u1", 3, 3599, 1),
        ("u1@5400", "u1", 1, 0, 1),
    ]


def test_events_at_the_same_second_are_one_session(spark):
    table(
        spark,
        "events",
        """
        event_time           | event_type | product_id | user_id
        1970-01-01T00:00:10Z | view       | mug        | u1
        1970-01-01T00:00:10Z | view       | pot        | u1
        1970-01-01T02:00:00Z | view       | mug        | u1
        1970-01-01T02:00:00Z | view       | pot        | u1
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "events") == [("u1@10", 2), ("u1@7200", 2)]


def test_sessions_do_not_mix_users_sources_or_sessions_of_the_source(spark):
    # GIVEN the same user id in two sources, another user, and a named session of the first user, all within a minute
    table(
        spark,
        "events",
        """
        source | event_time           | event_type | product_id | user_id | session_id
        s      | 1970-01-01T00:00:00Z | view       | mug        | u1      |
        t      | 1970-01-01T00:00:10Z | view       | mug        | u1      |
        s      | 1970-01-01T00:00:20Z | view       | mug        | u2      |
        s      | 1970-01-01T00:00:30Z | view       | mug        | u1      | a
        t      | 1970-01-01T00:00:40Z | view       | mug        | u1      | a
    """,
    )
    assert rows(build(spark, "fct_sessions"), "source", "session_id", "user_id", "events") == [
        ("s", "a", "u1", 1),
        ("s", "u1@0", "u1", 1),
        ("s", "u2@20", "u2", 1),
        ("t", "a", "u1", 1),
        ("t", "u1@10", "u1", 1),
    ]


def test_an_event_without_user_and_session_is_a_session_of_its_own(spark):
    table(
        spark,
        "events",
        """
        event_id | event_time           | event_type | product_id
        e7       | 2019-10-01T10:00:00Z | view       | mug
        e8       | 2019-10-01T10:00:01Z | purchase   | mug
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "user_id", "events", "reached_view", "has_purchase") == [
        ("e7", None, 1, True, False),
        ("e8", None, 1, False, True),
    ]


def test_a_session_of_the_source_without_user_is_one_session(spark):
    table(
        spark,
        "events",
        """
        event_time           | event_type       | product_id | session_id | user_id
        2019-10-01T10:00:00Z | remove_from_cart | mug        | a          |
        2019-10-01T10:00:09Z | view             | mug        | a          |
        2019-10-01T10:00:10Z | view             | mug        | b          | u2
        2019-10-01T10:00:11Z | view             | mug        | b          |
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "user_id", "events", "removes") == [
        ("a", None, 2, 1),
        ("b", "u2", 2, 0),
    ]


def test_the_date_of_a_session_is_the_local_date_of_its_first_event(spark):
    # GIVEN a shop east of UTC: its second of October begins while UTC has the first; and two dates at one instant
    table(
        spark,
        "events",
        """
        session_id | event_time           | event_date | event_type | product_id
        a          | 2019-10-01T22:30:00Z | 2019-10-02 | view       | mug
        b          | 2019-10-05T10:00:00Z | 2019-10-05 | view       | mug
        b          | 2019-10-05T10:00:00Z | 2019-10-04 | view       | mug
        b          | 2019-10-05T10:00:01Z | 2019-10-03 | view       | mug
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "session_date") == [("a", "2019-10-02"), ("b", "2019-10-04")]


def test_in_a_lake_by_day_a_session_is_in_the_partition_of_its_start(spark):
    table(
        spark,
        "events",
        """
        period     | session_id | event_time           | event_type | product_id
        2019-10-01 | a          | 2019-10-01T23:59:00Z | view       | mug
        2019-10-02 | a          | 2019-10-02T00:01:00Z | view       | mug
    """,
    )
    assert rows(build(spark, "fct_sessions"), "session_id", "period", "events") == [("a", "2019-10-01", 2)]
