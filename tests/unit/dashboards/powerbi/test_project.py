"""The Power BI project is the one that its definition gives, and everything that it names exists."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from athena_queries.views import load_views
from contracts import load_all
from contracts.errors import UsageError
from dashboards.powerbi import pbir, tmdl
from dashboards.powerbi.model import load_model
from dashboards.powerbi.project import TARGET, project, write
from offline.athena import open_lake
from offline.cli.app import app
from tests.support.powerbi import native_sql

MODEL = load_model()
FILES = project()
MEASURES = {measure.name: (table, measure) for table in MODEL.tables for measure in table.measures}
TYPES = {
    "string": "varchar",
    "int64": "bigint integer",
    "double": "double",
    "boolean": "boolean",
    "dateTime": "date",
    "decimal": "decimal",
}


def test_the_project_in_the_tree_is_the_one_of_today() -> None:
    """If this fails: `make docs`."""
    held = {path.relative_to(TARGET).as_posix(): path.read_text(encoding="utf-8") for path in TARGET.rglob("*") if path.is_file()}
    assert held == FILES


def test_it_is_written_twice_with_the_same_bytes(tmp_path: Path) -> None:
    first = {path: path.read_bytes() for path in write(tmp_path)}
    (tmp_path / "shoplake.Report/definition/pages/former").mkdir()
    assert {path: path.read_bytes() for path in write(tmp_path)} == first
    assert not (tmp_path / "shoplake.Report/definition/pages/former").exists()


PARAMETERS = {"Database": "curated", "Shop": "bob's shop", "RangeStart": "2025-01-01", "RangeEnd": "2026-01-01"}


@pytest.mark.parametrize("table", MODEL.tables, ids=lambda table: table.name)
def test_the_query_of_a_table_runs_with_the_columns_and_types_of_the_model(table, tmp_path: Path) -> None:
    text = FILES[f"shoplake.SemanticModel/definition/tables/{table.name}.tmdl"]
    sql = native_sql(text, PARAMETERS)
    assert "source = 'bob''s shop'" in sql
    assert ("date '2025-01-01'" in sql) == (table.incremental is not None)

    with open_lake({zone: tmp_path / zone for zone in ("raw", "processed", "curated")}) as lake:
        columns = lake.query(sql).columns
    declared = re.findall(r"^\tcolumn .+\n\t\tdataType: (\w+)\n(?:\t\t.+\n)*?\t\tsourceColumn: (\w+)$", text, flags=re.MULTILINE)
    assert [name for name, _ in columns] == [source for _, source in declared]
    for (_, athena), (kind, source) in zip(columns, declared, strict=True):
        assert athena.partition("(")[0] in TYPES[kind].split(), source


def references(dax: str) -> Iterator[tuple[str | None, str]]:
    """(table, column) of each 'Table'[Column], and (None, measure) of each [Measure]."""
    for table, name in re.findall(r"(?:'([^']+)')?\[([^\]]+)\]", re.sub(r'"[^"]*"', "", dax)):
        yield table or None, name


@pytest.mark.parametrize("name", MEASURES)
def test_what_a_measure_uses_exists(name: str) -> None:
    _, measure = MEASURES[name]
    assert measure.description.endswith(".")
    assert measure.format
    used = list(references(measure.dax))
    tables = set(re.findall(r"'([^']+)'", re.sub(r'"[^"]*"', "", measure.dax)))
    assert used or tables
    assert tables <= {table.name for table in MODEL.tables}
    for table, field in used:
        if table is None:
            assert field in MEASURES, f"[{field}]"
        else:
            assert field in [column.name for column in MODEL.table(table).columns], f"'{table}'[{field}]"
    assert measure.dax.count("(") == measure.dax.count(")")


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_adds_up_only_what_is_additive(name: str) -> None:
    for table, field in re.findall(r"SUM\('([^']+)'\[([^\]]+)\]\)", MEASURES[name][1].dax):
        column = next(one for one in MODEL.table(table).columns if one.name == field)
        assert column.additive, f"'{table}'[{field}] is not additive"


def test_no_measure_refers_to_itself() -> None:
    def reached(name: str, seen: frozenset[str]) -> None:
        assert name not in seen, f"[{name}] refers to itself"
        for table, field in references(MEASURES[name][1].dax):
            if table is None:
                reached(field, seen | {name})

    for name in MEASURES:
        reached(name, frozenset())


def test_names_are_unique_where_the_model_needs_it() -> None:
    assert [name for name, times in Counter(m.name for t in MODEL.tables for m in t.measures).items() if times > 1] == []
    for table in MODEL.tables:
        names = Counter(one.name.lower() for one in (*table.columns, *table.measures))
        assert [name for name, times in names.items() if times > 1] == [], table.name


def test_relationships_lead_from_many_rows_to_a_key_of_the_same_type() -> None:
    for one in MODEL.relationships:
        ends = [
            next(column for column in MODEL.table(table).columns if column.name == name)
            for table, name in ((one.from_table, one.from_column), (one.to_table, one.to_column))
        ]
        assert ends[0].kind == ends[1].kind
        assert ends[1].is_key, f"{one.to_table}[{one.to_column}] is not a key"
        assert ends[0].is_hidden, f"{one.from_table}[{one.from_column}] is used through {one.to_table}"
    pairs = [(one.from_table, one.to_table) for one in MODEL.relationships]
    assert len(set(pairs)) == len(pairs), "two ways between two tables"


def test_keys_are_unique_within_a_shop() -> None:
    for table in MODEL.tables:
        keys = [column.source for column in table.columns if column.is_key]
        if keys and table.reads in load_views():
            assert load_views()[table.reads].grain == f"source, {keys[0]}"
        elif keys:
            assert load_all()[table.reads].key == (keys[0],)


def test_the_date_table_is_marked_and_months_and_weekdays_are_in_their_order() -> None:
    text = FILES["shoplake.SemanticModel/definition/tables/Date.tmdl"]
    assert "\tdataCategory: Time\n" in text
    assert re.search(r"\tcolumn Date\n\t\tdataType: dateTime\n\t\tisKey\n", text)
    assert re.search(r"\tcolumn 'Month name'\n(\t\t.+\n)+\t\tsortByColumn: Month\n", text)
    assert re.search(r"\tcolumn 'Day name'\n(\t\t.+\n)+\t\tsortByColumn: 'Day of week'\n", text)


def test_levels_of_hierarchies_are_columns_of_their_table() -> None:
    for table in MODEL.tables:
        for levels in table.hierarchies.values():
            assert set(levels) <= {column.name for column in table.columns}


def test_files_are_tmdl_with_tabs_and_identifiers_are_unique() -> None:
    tags: list[str] = []
    for path, text in FILES.items():
        if path.endswith(".tmdl"):
            assert text.endswith("\n")
            assert re.fullmatch(r"(?:\t*\S[^\t\r]*\n|\n|\t{4} +\S[^\t\r]*\n)+", text), path
            tags += re.findall(r"lineageTag: (\S+)", text)
    assert len(set(tags)) == len(tags) > 100
    assert all(uuid.UUID(tag).version == 5 for tag in tags)


def test_every_field_of_every_visual_exists_and_visuals_lie_on_the_page_without_overlap() -> None:
    pages: dict[str, list[dict[str, int]]] = {}
    for path, text in FILES.items():
        if not path.endswith("visual.json"):
            continue
        content = json.loads(text)
        assert len(content["name"]) <= 50
        assert path.split("/")[-2] == content["name"]
        for role in content["visual"]["query"]["queryState"].values():
            for projection in role["projections"]:
                ((kind, field),) = projection["field"].items()
                table = MODEL.table(field["Expression"]["SourceRef"]["Entity"])
                names = {"Measure": table.measures, "Column": table.columns}[kind]
                (found,) = [one for one in names if one.name == field["Property"]]
                assert not getattr(found, "is_hidden", False)
        pages.setdefault(path.split("/")[3], []).append(content["position"])
    assert set(pages) == {"purchase-trends", "recommendations", "segmentation", "sales", "value", "risk", "inventory"}
    for name, places in pages.items():
        for number, a in enumerate(places):
            assert a["x"] + a["width"] <= pbir.WIDTH
            assert a["y"] + a["height"] <= pbir.HEIGHT
            for b in places[number + 1 :]:
                apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
                assert apart or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"], name


def test_pages_are_listed_and_the_report_finds_its_model() -> None:
    listed = json.loads(FILES["shoplake.Report/definition/pages/pages.json"])
    held = {path.split("/")[3] for path in FILES if path.endswith("page.json")}
    assert set(listed["pageOrder"]) == held
    assert listed["activePageName"] in held
    model = json.loads(FILES["shoplake.Report/definition.pbir"])["datasetReference"]["byPath"]["path"]
    assert model == "../shoplake.SemanticModel"
    assert "shoplake.SemanticModel/definition.pbism" in FILES
    assert all(
        "$schema" in json.loads(text) for path, text in FILES.items() if path.endswith((".json", ".pbip", ".pbir", ".pbism"))
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("columns: [product_id, product_name,", "columns: [product_id, product_nam,"),
            "dim_product has no column product_nam; did you mean product_name?",
        ),
        (("to: Products.product_id", "to: Product.product_id"), "there is no table Product; did you mean Products?"),
        (("to: Customers.customer_id", "to: Customers.customer"), "Customers has no column customer; did you mean customer_id?"),
        (("columns: [kind, pair_rank,", "columns: [kind, bins,"), "product_pairs has no column bins"),
    ],
)
def test_a_wrong_definition_is_named(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    text = (TARGET.parent / "model.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "model.yaml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=f"^model.yaml: {re.escape(sentence)}"):
        load_model(tmp_path / "model.yaml")


def test_a_visual_without_its_field_is_named(tmp_path: Path) -> None:
    text = (TARGET.parent / "pages.yaml").read_text(encoding="utf-8")
    (tmp_path / "pages.yaml").write_text(text.replace("Order lines.Units sold", "Order lines.Unit sold", 1), encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"^pages.yaml: purchase-trends-07 shows Order lines.Unit sold, which is not there; did you mean"
    ):
        pbir.files(MODEL, tmp_path / "pages.yaml")


def test_direct_query_reads_the_same_sql_and_has_no_refresh_policy() -> None:
    imported, direct = (tmdl.files(MODEL, mode=mode)["tables/Order lines.tmdl"] for mode in (tmdl.IMPORT, tmdl.DIRECT_QUERY))
    assert "\trefreshPolicy\n" in imported
    assert "\t\tmode: import\n" in imported
    assert "refreshPolicy" not in direct
    assert "\t\tmode: directQuery\n" in direct
    assert imported.rsplit("source =", 1)[1] == direct.rsplit("source =", 1)[1]


def test_the_command_writes_the_project_with_its_parameters(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["powerbi", str(tmp_path / "bi"), "--shop", 'bob "1"', "--workgroup", "acme-bi"])
    assert (run.exit_code, run.output.splitlines()[-1]) == (
        0,
        f"{len(FILES)} files; open {tmp_path}/bi/shoplake.pbip in Power BI Desktop.",
    )
    text = (tmp_path / "bi/shoplake.SemanticModel/definition/expressions.tmdl").read_text(encoding="utf-8")
    assert 'expression Shop = "bob ""1""" meta [' in text
    assert 'expression Workgroup = "acme-bi" meta [' in text
    assert 'expression Dsn = "shoplake" meta [' in text


def test_the_command_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    run = CliRunner().invoke(app, ["powerbi", str(tmp_path)])
    assert run.exit_code != 0
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.txt"]
