"""Every view, report and dashboard query on Trino and on our engine, over the same Parquet: same columns, types and rows."""

from __future__ import annotations

import re
from datetime import date

import pytest

from athena_queries.named_queries import qualified, report_names, report_parameters, report_sql
from athena_queries.parameters import fill, fill_texts
from athena_queries.views import load_views
from dashboards.web.filters import Filters
from dashboards.web.queries import FOLDER, bind, query_sql
from offline.athena import LakeQueries, Result
from tests.trino.comparing import plain, same_type
from tests.trino.server import Answer, Trino

VIEWS = load_views()
DATABASES = {"processed": "processed", "curated": "curated"}


@pytest.fixture(scope="module", autouse=True)
def views(trino: Trino) -> None:
    """All views, created in order through DDL, as the deployer does."""
    for view in VIEWS.values():
        trino.query(f"create or replace view curated.{view.name} as\n{view.sql}")


def compare(ours: Result, theirs: Answer) -> None:
    assert [name.lower() for name, _ in ours.columns] == [name for name, _ in theirs.columns]
    different = [(name, kind, other) for (name, kind), (_, other) in zip(ours.columns, theirs.columns, strict=True)
                 if not same_type(kind, other)]  # fmt: skip
    assert different == []
    assert sorted(map(str, plain(ours.rows))) == sorted(map(str, plain(theirs.rows)))


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_same_rows_on_both_engines(trino: Trino, ours: LakeQueries, name: str) -> None:
    theirs = trino.query(f"select * from curated.{name}")

    assert theirs.rows, "the generated rows should reach every view"
    compare(ours.query(f"select * from {name}"), theirs)


@pytest.mark.parametrize("name", report_names())
def test_a_report_has_the_same_rows_on_both_engines(trino: Trino, ours: LakeQueries, name: str) -> None:
    sql = report_sql(name)
    filled = fill_texts(sql, list(report_parameters(sql).values()))

    compare(ours.query(filled), trino.query(qualified(filled, DATABASES, where=name)))


DASHBOARD = sorted(file.stem for file in FOLDER.glob("*.sql"))
CHOSEN = Filters(source="one", first=date(2025, 12, 10), last=date(2026, 1, 31)).values | {"grain": "week"}


@pytest.mark.parametrize("name", DASHBOARD)
def test_a_query_of_the_dashboard_has_the_same_rows_on_both_engines(trino: Trino, ours: LakeQueries, name: str) -> None:
    subject = "c3" if "customer" in name or name == "recommended" else "p3"
    # All rows, because the engines may cut rows of equal rank differently.
    text = re.sub(r"\nlimit \d+\s*$", "", query_sql(name))
    sql = fill(*bind(text, CHOSEN | {"subject": subject}))

    compare(ours.query(sql), trino.query(qualified(sql, DATABASES, where=name)))
