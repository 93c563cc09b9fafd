"""Distinct counts, shares and averages are never added up: not in views, and not in the pages that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from athena_queries.views import load_views
from tests.support import additive

ROOT = Path(__file__).parents[3]
VIEWS = load_views()
PAGES = [
    file
    for folder in ("offline/report", "offline/demo", "offline/cli", "dashboards")
    for file in sorted((ROOT / folder).rglob("*.py"))
]
QUERIES = [file for folder in ("athena_queries/reports", "dashboards") for file in sorted((ROOT / folder).rglob("*.sql"))]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_adds_up_only_what_is_additive(name: str) -> None:
    findings = additive.check(VIEWS[name].sql)

    assert findings.wrong == []
    for column in VIEWS[name].columns:
        allowed = findings.result.additive.get(column.name, frozenset())
        assert set(column.additive) <= allowed, f"{column.name} is additive over {sorted(allowed)} only"


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_a_query_adds_up_only_what_is_additive(file: Path) -> None:
    assert additive.check(file.read_text(encoding="utf-8")).wrong == []


@pytest.mark.parametrize(
    ("sql", "sums"),
    [
        ("select source, sum(orders) as orders from sales_daily group by source", 1),
        ("select source, date_trunc('week', date) as week, sum(buyers) as b from sales_daily group by 1, 2", 1),
        ("select source, date, sum(orders) as orders from sales_daily group by source, date", 0),
        ("select source, sum(case when units > 0 then buyers end) as b from sales_daily group by source", 1),
        ("select source, sum(net_amount) as net from margins group by source", 1),
        ("select source, sum(net_amount) as net from margins where level = 'brand' group by source", 0),
        ("with d as (select source, date, orders as n from sales_daily) select source, sum(n) as n from d group by source", 1),
        (
            """with m as (select source, order_date, count(distinct order_id) as n from fct_order_items group by 1, 2)
            select source, sum(n) as n from m group by source""",
            1,
        ),
        ("select source, date, sum(orders) over (partition by source) as n from sales_daily", 1),
        ("select source, sum(buyers) as buyers from sales_monthly group by source", 1),
        ("select source, sum(average_order_value) as v from daily_purchases group by source", 1),
        ("with d as (select source, date, units - orders as n from sales_daily) select source, sum(n) as n from d group by 1", 1),
        (
            """with d as (select source, date, units - returned_units as n from sales_daily)
            select source, sum(n) as n from d group by 1""",
            0,
        ),
    ],
)
def test_wrong_sums_are_recognized(sql: str, sums: int) -> None:
    assert len(additive.check(sql).wrong) == sums


def summed_columns(source: str) -> Iterator[str]:
    """The names under which rows are read inside a sum(...), such as net_amount in sum(row["net_amount"] for row in rows)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("sum", "fsum"):
            yield from (name for argument in node.args for name in _read(argument))


def _read(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare):  # counts where it holds
        return
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        yield node.slice.value
    for child in ast.iter_child_nodes(node):
        yield from _read(child)


def not_additive(source: str) -> set[str]:
    """Columns that are additive over nothing in one of the views that the page names; in any view, if it names none."""
    constants = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    views = [view for name, view in VIEWS.items() if name in constants] or list(VIEWS.values())
    return {column.name for view in views if view.grain != "source" for column in view.columns if not column.additive}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_page_adds_up_only_what_is_additive(file: Path) -> None:
    source = file.read_text(encoding="utf-8")

    assert set(summed_columns(source)) & not_additive(source) == set()


@pytest.mark.parametrize("view", ["daily_purchases", "sales_monthly", "category_overview"])
def test_sums_of_orders_in_a_page_would_be_noticed(view: str) -> None:
    page = f'rows = lake.view("{view}"); total = sum(row["orders"] for row in rows) + sum(row["net_amount"] for row in rows)'

    assert set(summed_columns(page)) & not_additive(page) == {"orders"}
