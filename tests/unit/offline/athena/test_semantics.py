"""Expected values written by hand from Trino's documented semantics, against our results."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from offline.athena import AthenaEngine, athena_types, functions, python_functions
from offline.athena.resolver import Catalog
from offline.athena.translate import translate
from tests.unit.offline.athena.cases_casts_and_nulls import CASTS, GROUPS
from tests.unit.offline.athena.cases_datetimes_and_nested import DATES, NESTED
from tests.unit.offline.athena.cases_differing_from_duckdb import DIFFERING, QUERIES
from tests.unit.offline.athena.cases_numbers_and_text import NUMBERS, TEXT

CASES = NUMBERS + TEXT + DATES + NESTED + DIFFERING + CASTS


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_an_expression_returns_what_athena_returns(engine: AthenaEngine, sql: str, expected: Any) -> None:
    value = engine.query(f"select {sql}").rows[0][0]

    assert (str(value), type(value)) == (str(expected), type(expected))


@pytest.mark.parametrize(("sql", "expected"), QUERIES + GROUPS)
def test_a_query_returns_what_athena_returns(engine: AthenaEngine, sql: str, expected: list[Any]) -> None:
    assert [row[0] if len(row) == 1 else row for row in engine.query(sql).rows] == expected


def test_zero_by_zero_of_doubles_is_not_a_number(engine: AthenaEngine) -> None:
    assert isnan(engine.query("select 0e0 / 0").rows[0][0])


@pytest.fixture(scope="module")
def bare() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    functions.install(connection)
    for name in python_functions.FUNCTIONS:
        python_functions.install(connection, name)
    yield connection
    connection.close()


ROWLESS = [sql for sql, value in CASES if not (isinstance(value, list) and isinstance(value[0], tuple))]


@pytest.mark.parametrize("sql", ROWLESS)
def test_the_inferred_type_is_the_type_in_duckdb(bare: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Division and casts depend on types: a wrong inference gives wrong numbers elsewhere."""
    translation = translate(f"select {sql} as value", Catalog({}))

    actual = str(bare.sql(translation.sql).types[0])

    inferred = athena_types.duckdb_text(athena_types.build(translation.columns[0][1]))
    assert exp.DataType.build(actual, dialect="duckdb").sql("duckdb") == inferred
