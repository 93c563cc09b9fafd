"""Explore: a read-only SQL box over the views."""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from athena_queries.references import table_names
from athena_queries.views import load_views
from contracts.document import suggest
from contracts.errors import UsageError
from dashboards.web.data import Answer, Data
from dashboards.web.filters import Filters
from dashboards.web.page import Chart, Page
from dashboards.web.queries import MAX_ROWS


def run(data: Data, filters: Filters) -> Answer:
    """The rows of a typed SELECT, at most MAX_ROWS; UsageError if it is anything else, or reads anything but views."""
    sql = filters.subject.strip().rstrip(";")
    _check(sql)
    return data.run(f"select * from (\n{sql}\n) as typed limit {MAX_ROWS}")


def _check(sql: str) -> None:
    try:
        statements = sqlglot.parse(sql, read="athena")
    except SqlglotError as error:
        raise UsageError(f"This is not valid Athena SQL: {str(error).splitlines()[0]}") from None
    (tree,) = statements if len(statements) == 1 else (None,)
    if not isinstance(tree, exp.Query):
        raise UsageError("This page runs one SELECT, without a semicolon between statements.")
    names = Counter(name for name in tree.named_selects if name != "*")
    if repeated := [name for name, times in names.items() if times > 1]:
        raise UsageError(f"Two columns are named {repeated[0]}; name each with `as`.")
    for zone, name in sorted(table_names(sql, where="Your query")):
        if zone not in ("", "curated") or name not in load_views():
            hint = suggest(name, load_views()) if name else "Write the name of a view after FROM."
            raise UsageError(f"{name or 'A function'} is not a view, and this page reads views only. {hint}")


def views(_: Data, filters: Filters) -> Answer:
    """The views, as rows."""
    del filters
    rows = [{"view": view.name, "purpose": view.purpose, "one row": view.grain} for view in load_views().values()]
    return Answer.of(sorted(rows, key=lambda row: row["view"]))


PAGE = Page(
    path="/explore",
    title="Explore",
    lead="A SELECT in Athena's SQL over the views. Nothing can be changed from here.",
    uses=frozenset({"sql"}),
    subject="SQL",
    charts=(
        Chart(
            key="result",
            title="Result",
            note=f"At most {MAX_ROWS:,} rows.",
            query="",
            empty="The query has no rows.",
            fetch=run,
            shown=lambda filters: bool(filters.subject.strip()),
            wide=True,
        ),
        Chart(key="views", title="Views", note="What can be read here.", query="", empty="", fetch=views, wide=True),
    ),
)
