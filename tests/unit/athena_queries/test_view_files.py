"""Every view is described as it is, reads only what it may, and has columns that BI tools can use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from athena_queries.views import View, load_views
from contracts import load_all
from contracts.errors import ContractError
from offline.athena import LakeQueries, open_lake

VIEWS = load_views()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeQueries]:
    root = tmp_path_factory.mktemp("empty")
    with open_lake({zone: root / zone for zone in ("raw", "processed", "curated")}) as lake:
        yield lake


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_columns_and_types_are_those_described(view: View, empty: LakeQueries) -> None:
    result = empty.query(view.sql)

    assert result.columns == [(column.name, column.type) for column in view.columns]
    assert result.rows == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_the_header_states_purpose_grain_and_references(view: View) -> None:
    header = dict(re.findall(r"^-- (Purpose|Grain|Reads): +(.+)$", view.sql, flags=re.MULTILINE))

    assert header["Purpose"].lower() == view.purpose.lower()
    assert header["Grain"] == view.grain
    assert set(header["Reads"].split(", ")) == view.reads


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_a_view_is_one_select_over_curated_tables_and_views(view: View) -> None:
    (tree,) = sqlglot.parse(view.sql, read="athena")

    assert isinstance(tree, exp.Select)
    assert all(isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)), "list the columns"
    assert tree.args.get("order") is None, "a view has no order; its readers sort"
    assert view.reads <= {*load_all("curated"), *VIEWS}
    assert view.name not in load_all(), "a view needs a name of its own"


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_columns_suit_bi_tools(view: View) -> None:
    assert view.columns[0].name == "source"
    assert {name.strip() for name in view.grain.split(",")} <= {column.name for column in view.columns}
    for column in view.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert "time zone" not in column.type
        assert column.description.endswith(".")
        if column.name.endswith(("_amount", "_value_90", "order_value", "stock_value")):
            assert column.type.startswith("decimal("), f"{column.name} is money"


def test_views_are_loaded_after_the_views_that_they_read() -> None:
    order = list(VIEWS)

    assert order.index("customer_ranking") < order.index("customer_totals")
    assert order.index("rfm_grid") < order.index("rfm_segments")
    for view in VIEWS.values():
        assert all(order.index(read) < order.index(view.name) for read in view.reads & VIEWS.keys())


DESCRIBED = """
purpose: One number.
grain: source
owner: analytics
columns:
  - {name: source, type: varchar, description: The shop.}
"""


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.sql": "select source from dim_date"}, "athena_queries/views/a.sql: has no a.yml; describe purpose, grain,"),
        ({"a.yml": DESCRIBED}, "athena_queries/views/a.yml: describes no view; add a.sql, or delete the file."),
        ({"a.sql": "select from where", "a.yml": DESCRIBED}, "athena_queries/views/a.sql: "),
        ({"a.sql": "select 1", "a.yml": DESCRIBED + "limits: none\n"}, "athena_queries/views/a.yml: limits is not a known key"),
        ({"a.sql": "select 1", "a.yml": "purpose: x\n"}, "athena_queries/views/a.yml: grain is missing; state what one row is."),
        (
            {"a.sql": "select source from b", "a.yml": DESCRIBED, "b.sql": "select source from a", "b.yml": DESCRIBED},
            "athena_queries/views: ",
        ),
    ],
)
def test_an_incomplete_or_circular_view_is_an_error(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    folder = tmp_path / "views"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")

    with pytest.raises(ContractError) as error:
        load_views(folder)

    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


ROOT = Path(__file__).parents[3]
# It loads files that are not part of a lake, so no view can stand for them.
NOT_A_LAKE = ROOT / "offline/report/profile/duckdb_tables.py"


def test_reports_demo_and_commands_contain_no_sql() -> None:
    """Their figures come from views, so a figure has one definition; examples for the shell may be quoted."""
    files = [file for folder in ("report", "demo", "cli") for file in sorted((ROOT / "offline" / folder).rglob("*.py"))]
    statements = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in files
        if file != NOT_A_LAKE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"\bselect\s", node.value, re.IGNORECASE) and "shoplake sql" not in node.value
    ]

    assert len(files) > 25
    assert statements == []


def test_the_check_of_views_finds_nothing_and_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from offline.lake import view_check

    assert view_check.problems() == []
    ranking = VIEWS["customer_ranking"]
    wrong = [
        replace(ranking, sql="select nothing from customers"),
        replace(ranking, name="renamed", columns=ranking.columns[1:]),
        replace(ranking, name="retyped", columns=(replace(ranking.columns[0], type="bigint"), *ranking.columns[1:])),
    ]
    monkeypatch.setattr(view_check, "load_views", lambda: {view.name: view for view in wrong})

    found = view_check.problems()
    assert [problem.split(":")[0] for problem in found] == [
        "athena_queries/views/customer_ranking.sql",
        "athena_queries/views/renamed.yml",
        "athena_queries/views/retyped.yml",
    ]
    assert found[2].endswith("source is described as bigint, but is varchar; correct the type.")
