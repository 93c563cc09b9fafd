"""A connection gets the macros that its queries call."""

from __future__ import annotations

import duckdb

from offline.athena import functions


def test_a_query_calls_its_macros_and_those_that_they_build_on():
    assert functions.called("SELECT LAKE_SHARES(x, y), 'lake_unknown' FROM t") == {"lake_shares", "lake_share"}
    assert functions.called("select lake_split_part(x, ',', 1)") == {"lake_split_part", "lake_fail"}
    assert functions.called("select upper(x)") == set()


def test_only_these_are_created():
    connection = duckdb.connect(":memory:")
    functions.install(connection, functions.called("select lake_shares(x, y)"))
    created = connection.execute("select function_name from duckdb_functions() where function_name like 'lake_%'").fetchall()
    assert sorted(created) == [("lake_share",), ("lake_shares",)]
    assert connection.execute("select lake_shares([10, 20, 30], [0.5, 1.0])").fetchone() == ([20, 30],)
