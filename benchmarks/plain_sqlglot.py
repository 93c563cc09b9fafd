"""How plain sqlglot translates the cases of our own translation: `python -m benchmarks.plain_sqlglot`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import sqlglot
from rich.console import Console
from sqlglot.errors import SqlglotError

from tests.unit.offline.athena.test_semantics import CASES


def outcome(connection: duckdb.DuckDBPyConnection, sql: str, expected: Any) -> str:
    """`equal` means the same value in the same type, as our own tests require."""
    try:
        value = connection.sql(sqlglot.transpile(f"select {sql}", read="athena", write="duckdb")[0]).fetchall()[0][0]
    except (SqlglotError, duckdb.Error):
        return "failed"
    if (str(value), type(value)) == (str(expected), type(expected)):
        return "equal"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "equal value, other type" if is_number and value == expected else "other value"


def main() -> None:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        outcomes = Counter(outcome(connection, sql, expected) for sql, expected in CASES)
    Console().print(f"{len(CASES)} cases: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()))


if __name__ == "__main__":
    main()
