"""The cases of the unit tests are Trino's answers, and what they say is refused is not something that Trino answers otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trino.comparing import plain
from tests.trino.server import Trino, TrinoError
from tests.unit.offline.athena.cases_casts_and_nulls import CASTS, GROUPS
from tests.unit.offline.athena.cases_datetimes_and_nested import DATES, NESTED
from tests.unit.offline.athena.cases_differing_from_duckdb import DIFFERING, QUERIES
from tests.unit.offline.athena.cases_numbers_and_text import NUMBERS, TEXT

EXPRESSIONS = NUMBERS + TEXT + DATES + NESTED + DIFFERING + CASTS
AT_ONCE = 25


@pytest.fixture(scope="module")
def answers(trino: Trino) -> dict[str, Any]:
    """Trino's answer to each expression, or its error; many in one query, one by one where one of them fails."""
    found: dict[str, Any] = {}
    for start in range(0, len(EXPRESSIONS), AT_ONCE):
        batch = [sql for sql, _ in EXPRESSIONS[start : start + AT_ONCE]]
        plain_ones = [sql for sql in batch if "count(*)" not in sql and "sum(" not in sql]
        try:
            found |= dict(zip(plain_ones, trino.query(f"select {', '.join(plain_ones)}").rows[0], strict=True))
        except TrinoError:
            plain_ones = []
        found |= {sql: _alone(trino, sql) for sql in batch if sql not in plain_ones}
    return found


def _alone(trino: Trino, sql: str) -> Any:
    try:
        return trino.query(f"select {sql}").rows[0][0]
    except TrinoError as error:
        return error


@pytest.mark.parametrize(("sql", "expected"), EXPRESSIONS)
def test_an_expected_value_is_trinos(answers: dict[str, Any], sql: str, expected: Any) -> None:
    assert plain(answers[sql]) == plain(expected)


@pytest.mark.parametrize(("sql", "expected"), QUERIES + GROUPS)
def test_an_expected_result_is_trinos(trino: Trino, sql: str, expected: list[Any]) -> None:
    rows = [row[0] if len(row) == 1 else row for row in trino.query(sql).rows]

    assert plain(rows) == plain(expected)
