"""The order of tables follows from what their SQL reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.references import build_order, references, unread_kinds
from glue_jobs.lib.source_definition.source_loader import load_source


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


def test_a_kind_that_fills_a_table_must_be_read_by_its_select(tmp_path: Path) -> None:
    # GIVEN two kinds that fill one table, and a SELECT of the first only
    kind = "{glob: ['*.csv'], records: order_items, columns: {id: {}}}"
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "source.yaml").write_text(f"title: t\nfiles:\n  orders: {kind}\n  memos: {kind}\n")
    (tmp_path / "t" / "order_items.sql").write_text("select * from raw_orders")
    # WHEN THEN
    (problem,) = unread_kinds(load_source(tmp_path, "t"))
    assert problem.startswith(
        "t/source.yaml: files.memos.records is order_items, but t/order_items.sql does not read raw_memos; add"
    )
    (tmp_path / "t" / "order_items.sql").write_text("select * from raw_orders union all select * from raw_memos")
    assert list(unread_kinds(load_source(tmp_path, "t"))) == []
