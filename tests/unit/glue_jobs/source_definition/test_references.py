"""The order of tables follows from what their SQL reads."""

from __future__ import annotations

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.references import build_order, references


def test_steps_of_a_select_are_not_tables() -> None:
    sql = "with a as (select * from events), b as (select * from a join order_items using (x)) select * from b"
    assert references(sql, where="t.sql") == {"events", "order_items"}


def test_a_table_comes_after_all_that_it_reads() -> None:
    order = build_order({"c": "select * from b, raw", "b": "select * from a", "a": "select * from raw"}, where="marts")
    assert [table for table, _ in order] == ["a", "b", "c"]


def test_a_circle_is_named() -> None:
    with pytest.raises(LakeError, match=r"marts: (a reads b reads a|b reads a reads b): a table cannot read itself"):
        build_order({"a": "select * from b", "b": "select * from a"}, where="marts")


def test_sql_that_does_not_parse_names_its_file_and_line() -> None:
    with pytest.raises(LakeError, match=r"marts/x.sql: line 2: "):
        references("select a\nfrom (", where="marts/x.sql")
