"""Every query of the dashboard is a bounded SELECT over views, described as it is, and runs with the parameters of a page."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from athena_queries.references import table_names
from athena_queries.views import load_views
from contracts import load
from contracts.errors import UsageError
from dashboards.web.data import Data
from dashboards.web.filters import Filters
from dashboards.web.pages import PAGES
from dashboards.web.queries import FOLDER, MAX_ROWS, PARAMETERS, REPORT, bind, parameters, query_sql

FILES = sorted(FOLDER.glob("*.sql"))
FILTERS = Filters(source="tiny", first=date(2025, 3, 1), last=date(2025, 3, 4))
# What the frame reads for every page.
OF_THE_FRAME = {"coverage", "choices", "currency"}


def used() -> set[str]:
    names = {part.query for page in PAGES.values() for part in (*page.tiles, *page.charts)}
    return {name for name in names if name and not name.startswith(REPORT)} | OF_THE_FRAME


def test_every_query_is_used_and_every_used_query_exists() -> None:
    assert {file.stem for file in FILES} == used()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_query_reads_views_and_has_a_limit(file: Path) -> None:
    sql = file.read_text(encoding="utf-8")
    header = dict(re.findall(r"^-- (Purpose|Grain|Reads): +(.+)$", sql, flags=re.MULTILINE))
    text, _ = bind(sql, FILTERS.values)
    (tree,) = sqlglot.parse(text, read="athena")

    assert set(header) == {"Purpose", "Grain", "Reads"}
    assert {name for _, name in table_names(text, where=file.name)} == set(header["Reads"].split(", ")) <= set(load_views())
    assert isinstance(tree, exp.Select)
    if header["Grain"] == "one row":
        assert tree.args.get("group") is None
    else:
        assert 0 < int(tree.args["limit"].expression.name) <= MAX_ROWS
    assert all(isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)), "list the columns"
    assert parameters(sql) <= set(PARAMETERS)


def tables_of(names: set[str]) -> set[str]:
    """The tables that views read, also through other views."""
    views, tables = load_views(), set()
    for name in names:
        read = {inner for _, inner in table_names(views[name].sql, where=name)}
        tables |= (read - views.keys()) | tables_of(read & views.keys())
    return tables


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_query_opens_no_more_partitions_than_the_page_asks_for(file: Path) -> None:
    sql = file.read_text(encoding="utf-8")
    text, _ = bind(sql, FILTERS.values)
    views = {name for _, name in table_names(text, where=file.name)}
    by_period = {name for name in tables_of(views) if "period" in load(name).partition_columns}
    # GIVEN a table with a folder per source and period, Athena lists all of them that no condition rules out
    if by_period:
        assert "source = :source" in sql
    if views & {"order_lines", "daily_orders"}:
        assert "period between :first_period and :last_period" in sql


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.title)
def test_the_figures_of_a_page_are_columns_of_its_queries(page, empty: Data) -> None:
    for tile in page.tiles:
        columns = [name for name, _ in empty.answer(tile.query, **FILTERS.values).columns]
        assert tile.column in columns
    for chart in page.charts:
        if chart.query:
            assert empty.answer(chart.query, **FILTERS.values).columns


def test_parameters_outside_of_text_and_comments_are_bound_in_their_order() -> None:
    sql = "-- :source\nselect ':source', a::bigint from t where a = :source and b = :first and c = :source"

    assert bind(sql, {"source": "tiny", "first": 1}) == (
        "-- :source\nselect ':source', a::bigint from t where a = ? and b = ? and c = ?",
        ["tiny", 1, "tiny"],
    )


def test_an_unknown_query_or_parameter_is_named() -> None:
    with pytest.raises(UsageError, match=r"^sales_perod: no such query; did you mean sales_period\?"):
        query_sql("sales_perod")
    with pytest.raises(UsageError, match=r"^:frist has no value"):
        bind("select :frist", {"first": 1})
