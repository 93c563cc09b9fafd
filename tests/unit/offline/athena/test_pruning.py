"""Conditions on partitions reach tables through views, CTEs and joins, and no file is left out that a result depends on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from offline.athena import AthenaEngine, Table, View

SALES = (("x", "varchar"), ("amount", "bigint"), ("source", "varchar"), ("period", "varchar"))
NAMES = (("x", "varchar"), ("name", "varchar"), ("source", "varchar"))
VIEWS = {
    "named": View(
        "select s.source, s.x, n.name, s.amount, s.period from sales s left join names n on s.source = n.source and s.x = n.x",
        (("source", "varchar"), ("x", "varchar"), ("name", "varchar"), ("amount", "bigint"), ("period", "varchar")),
    ),
    "totals": View(
        "with t as (select source, sum(amount) as amount from sales group by source), "
        "c as (select source, count(*) as names from names group by source) "
        "select t.source, t.amount, c.names from t left join c on t.source = c.source",
        (("source", "varchar"), ("amount", "bigint"), ("names", "bigint")),
    ),
    "ranked": View(
        "select source, x, row_number() over (partition by source order by amount) as place, "
        "row_number() over (order by amount) as place_of_all from sales",
        (("source", "varchar"), ("x", "varchar"), ("place", "bigint"), ("place_of_all", "bigint")),
    ),
}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The partitions of the files that queries open, such as sales/a/2025-01."""
    names: list[str] = []
    view = AthenaEngine._view

    def watched(self: AthenaEngine, table: Table, paths: list[Path]) -> str:
        names.extend("/".join([table.name, *(part.split("=")[1] for part in path.parts if "=" in part)]) for path in paths)
        return view(self, table, paths)

    monkeypatch.setattr(AthenaEngine, "_view", watched)
    return names


@pytest.fixture
def lake(tmp_path: Path, opened: list[str]) -> Iterator[AthenaEngine]:
    """Sources a and b, each with sales of two months."""
    amounts = {("a", "2025-01"): 3, ("a", "2025-02"): 2, ("b", "2025-01"): 1, ("b", "2025-02"): 4}
    for (source, period), amount in amounts.items():
        for table, row in (("sales", f"'k' as x, {amount}::bigint as amount"), ("names", "'k' as x, 'key' as name")):
            folder = tmp_path / table / f"source={source}" / (f"period={period}" if table == "sales" else "")
            folder.mkdir(parents=True, exist_ok=True)
            duckdb.sql(f"copy (select {row}) to '{folder}/part-0.parquet' (format parquet)")
    tables = {
        "sales": Table("sales", tmp_path / "sales", SALES, ("source", "period")),
        "names": Table("names", tmp_path / "names", NAMES, ("source",)),
    }
    engine = AthenaEngine(tables, VIEWS)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("sql", "rows", "files"),
    [
        ("select sum(amount) from named where source = 'a' and period >= '2025-02'", [(2,)], ["names/a", "sales/a/2025-02"]),
        ("select amount, names from totals where source = 'b'", [(5, 1)], ["names/b", "sales/b/2025-01", "sales/b/2025-02"]),
        (
            "with o as (select * from named where source = 'a') select count(*) from o where period = '2025-01'",
            [(1,)],
            ["names/a", "sales/a/2025-01"],
        ),
        # one of two references needs all that the other does not
        (
            "with o as (select source, amount a from named) select (select sum(a) from o), sum(a) from o where source = 'a'",
            [(10, 5)],
            ["names/a", "names/b", "sales/a/2025-01", "sales/a/2025-02", "sales/b/2025-01", "sales/b/2025-02"],
        ),
        (
            """select sum(amount) from (select source, amount from sales where period = '2025-01'
            union all select source, amount from sales where period = '2025-02') as u where source = 'b'""",
            [(5,)],
            ["sales/b/2025-01", "sales/b/2025-02"],
        ),
        # a rank among all sources, and the first row of all
        (
            "select place, place_of_all from ranked where source = 'a' order by 1",
            [(1, 2), (2, 3)],
            ["sales/a/2025-01", "sales/a/2025-02", "sales/b/2025-01", "sales/b/2025-02"],
        ),
        (
            "select x from (select source, x from sales order by amount limit 1) as first where source = 'a'",
            [],
            ["sales/a/2025-01", "sales/a/2025-02", "sales/b/2025-01", "sales/b/2025-02"],
        ),
        # an aggregate under the name of its column
        (
            "select amount from (select max(source) as source, sum(amount) as amount from sales) as t where source = 'b'",
            [(10,)],
            ["sales/a/2025-01", "sales/a/2025-02", "sales/b/2025-01", "sales/b/2025-02"],
        ),
        (
            "select count(*) from sales where exists (select 1 from names where source = 'a') and source = 'b'",
            [(2,)],
            ["names/a", "sales/b/2025-01", "sales/b/2025-02"],
        ),
        ("select s from (select source, x from names) as n (s, source) where source = 'k' order by 1", [("a",), ("b",)], None),
    ],
)
def test_only_files_that_matter_are_opened(
    lake: AthenaEngine, opened: list[str], sql: str, rows: list[tuple], files: list[str] | None
) -> None:
    assert lake.query(sql).rows == rows
    assert files is None or sorted(set(opened)) == files
