"""The comparison itself: it must see whatever differs, and nothing else."""

from __future__ import annotations

import duckdb
import pytest

from tests.end_to_end.comparison import differences

ROWS = "(1, 'mug', cast(4.50 as decimal(18, 4)), 0.5::double, true), (2, null, cast(7 as decimal(18, 4)), null, false)"


def compared(
    expected: str, *, found: str = ROWS, key: tuple[str, ...] = ("id",), without: tuple[str, ...] = (), near: float = 0
) -> str:
    connection = duckdb.connect()
    for name, rows in (("found", found), ("expected", expected)):
        connection.execute(f"create table {name} as select * from (values {rows}) as t (id, name, price, rate, flag)")
    return differences(connection, found="found", expected="expected", key=key, without=without, near=near)


@pytest.mark.parametrize("key", [("id",), ("id", "name"), ()])
def test_equal_tables_have_no_differences_in_any_order(key: tuple[str, ...]):
    turned = "(2, null, cast(7 as decimal(18, 4)), null, false), (1, 'mug', cast(4.50 as decimal(18, 4)), 0.5::double, true)"
    assert compared(turned, key=key) == ""


@pytest.mark.parametrize("key", [("id",), ()])
@pytest.mark.parametrize(
    ("cell", "other"),
    [("'mug'", "'cup'"), ("4.50", "4.5001"), ("0.5::double", "0.5000001::double"), ("true", "null"), ("2, null", "2, 'jug'")],
)
def test_one_other_cell_is_a_difference(cell: str, other: str, key: tuple[str, ...]):
    assert compared(ROWS.replace(cell, other, 1), key=key) != ""


def test_a_difference_names_the_row_the_column_and_both_sides():
    message = compared(ROWS.replace("4.50", "4.51"))
    assert message == "found / expected: price differs in 1 rows:\n  id=1: found 4.5000, expected 4.5100"


def test_a_null_is_not_a_value():
    assert "id=2: found None, expected 1.0" in compared(ROWS.replace("null, false", "1, false"))


def test_rows_of_one_side_are_shown():
    message = compared(ROWS.split(", (2", maxsplit=1)[0])
    assert message == "found / expected: 1 rows only found:\n  id=2, name=null, price=7.0000, rate=null, flag=False"
    assert "1 rows only expected:\n  id=3" in compared(ROWS + ", (3, null, 1, null, true)")


def test_a_row_that_comes_twice_is_a_difference_with_and_without_a_key():
    twice = ROWS + ", (2, null, 7, null, false)"
    assert compared(twice) == "found / expected: expected has 1 keys more than once, such as id=2"
    assert compared(twice, key=()).startswith("found / expected: 1 rows only expected:")


def test_doubles_may_differ_in_their_last_bits():
    assert compared(ROWS.replace("0.5::double", "0.5000000000000001::double")) == ""


def test_doubles_may_be_as_far_apart_as_was_said():
    assert compared(ROWS.replace("0.5::double", "0.501::double"), near=0.0011) == ""
    assert "rate differs in 1 rows" in compared(ROWS.replace("0.5::double", "0.501::double"), near=0.0009)


def test_other_columns_and_other_kinds_of_column_are_differences():
    assert compared("(1, 'mug', 4.5::double, 0.5::double, true)") == (
        "found / expected have other columns:\nprice: number / double"
    )


def test_columns_left_out_are_not_looked_at():
    assert compared(ROWS.replace("'mug'", "'cup'"), without=("name",)) == ""
