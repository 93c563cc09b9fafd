"""The comparison of tables sees every difference, and nothing else."""

from __future__ import annotations

import duckdb
import pytest

from tests.end_to_end.comparison import differences

ROWS = "(1, 'mug', cast(4.50 as decimal(18, 4)), 0.5::double, true), (2, null, cast(7 as decimal(18, 4)), null, false)"


def compare(
    expected: str, *, actual: str = ROWS, key: tuple[str, ...] = ("id",), without: tuple[str, ...] = (), tolerance: float = 0
) -> str:
    connection = duckdb.connect()
    for name, rows in (("actual", actual), ("expected", expected)):
        connection.execute(f"create table {name} as select * from (values {rows}) as t (id, name, price, rate, flag)")
    return differences(connection, actual="actual", expected="expected", key=key, without=without, tolerance=tolerance)


@pytest.mark.parametrize("key", [("id",), ("id", "name"), ()])
def test_equal_tables_have_no_differences_in_any_order(key: tuple[str, ...]):
    swapped = "(2, null, cast(7 as decimal(18, 4)), null, false), (1, 'mug', cast(4.50 as decimal(18, 4)), 0.5::double, true)"
    assert compare(swapped, key=key) == ""


@pytest.mark.parametrize("key", [("id",), ()])
@pytest.mark.parametrize(
    ("cell", "other"),
    [("'mug'", "'cup'"), ("4.50", "4.5001"), ("0.5::double", "0.5000001::double"), ("true", "null"), ("2, null", "2, 'jug'")],
)
def test_one_changed_cell_is_a_difference(cell: str, other: str, key: tuple[str, ...]):
    assert compare(ROWS.replace(cell, other, 1), key=key) != ""


def test_a_difference_names_the_row_the_column_and_both_sides():
    message = compare(ROWS.replace("4.50", "4.51"))
    assert message == "actual / expected: price differs in 1 rows:\n  id=1: actual 4.5000, expected 4.5100"


def test_null_differs_from_a_value():
    assert "id=2: actual None, expected 1.0" in compare(ROWS.replace("null, false", "1, false"))


def test_rows_of_only_one_side_are_shown():
    message = compare(ROWS.split(", (2", maxsplit=1)[0])
    assert message == "actual / expected: 1 rows only actual:\n  id=2, name=null, price=7.0000, rate=null, flag=False"
    assert "1 rows only expected:\n  id=3" in compare(ROWS + ", (3, null, 1, null, true)")


def test_a_repeated_row_is_a_difference_with_and_without_a_key():
    repeated = ROWS + ", (2, null, 7, null, false)"
    assert compare(repeated) == "actual / expected: expected has 1 keys more than once, such as id=2"
    assert compare(repeated, key=()).startswith("actual / expected: 1 rows only expected:")


def test_doubles_may_differ_in_their_last_bits():
    assert compare(ROWS.replace("0.5::double", "0.5000000000000001::double")) == ""


def test_doubles_may_differ_within_the_tolerance():
    assert compare(ROWS.replace("0.5::double", "0.501::double"), tolerance=0.0011) == ""
    assert "rate differs in 1 rows" in compare(ROWS.replace("0.5::double", "0.501::double"), tolerance=0.0009)


def test_different_columns_and_types_are_differences():
    assert compare("(1, 'mug', 4.5::double, 0.5::double, true)") == (
        "actual / expected have different columns:\nprice: number / double"
    )


def test_excluded_columns_are_not_compared():
    assert compare(ROWS.replace("'mug'", "'cup'"), without=("name",)) == ""
