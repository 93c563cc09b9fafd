"""`shoplake source check` reports every problem at once, one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from glue_jobs.source_check import problems_of

pytestmark = pytest.mark.usefixtures("interpreted")

WRONG = """\
title: A kiosk with a bit of everything wrong
timezone: Europe/Berlinn
files:
  sales:
    glob: ["sales*.csv"]
    delimiter: ","
    decimal: ","
    records: order_items
    column: red
    columns:
      nr: {}
      at: {type: timestamp, formats: ["yyyy-MM-dd qq"]}
      each: {type: money}
    control_totals:
      amount: sum(eech)
      numbers: count(distinct nr)
  sums:
    glob: ["sales-2025*.csv"]
    columns:
      nr: {}
"""
LINES = "select nr as order_item_id, nr as order_id, 'yes' as quantity, _record from raw_sales cross join raw_sale"
EVENTS = "select nr as event_id, at as event_time, 'view' as event_typ from raw_sales"


def kiosk(folder: Path, **files: str) -> Path:
    (folder / "kiosk").mkdir()
    for name, text in files.items():
        (folder / "kiosk" / name.replace("_yaml", ".yaml").replace("_sql", ".sql")).write_text(text)
    return folder / "kiosk"


def test_every_problem_is_reported_at_once(spark: SparkSession, tmp_path: Path) -> None:
    folder = kiosk(tmp_path, source_yaml=WRONG, order_items_sql=LINES, events_sql=EVENTS, sails_sql="select 1 as one")
    problems = problems_of(spark, folder)
    for sentence in (
        "kiosk/source.yaml: files.sales.column is not a known key; did you mean columns?",
        "kiosk/source.yaml: files.sales.columns.each.type is 'money'; use one of: ",
        "kiosk/source.yaml: timezone: 'Europe/Berlinn' is not a time zone",
        "sails is not a table that sources fill; use one of: categories, customers,",
    ):
        assert any(sentence in problem for problem in problems), (sentence, problems)


def test_selects_are_checked_against_the_contract(spark: SparkSession, tmp_path: Path) -> None:
    right = WRONG.replace("    column: red\n", "").replace("type: money", 'type: "decimal(18,4)"')
    folder = kiosk(tmp_path, source_yaml=right, order_items_sql=LINES, events_sql=EVENTS)
    problems = "\n".join(problems_of(spark, folder))
    for sentence in (
        "files.sales and files.sums both take a file named sales-2025x.csv; make their globs differ.",
        "files.sales: ',' is both delimiter and decimal mark",
        "files.sales.columns.at: 'yyyy-MM-dd qq' is not a valid time pattern",
        "files.sales.control_totals.amount: ",
        "files.sales.control_totals.numbers: Invalid observed metrics. Aggregate expression with distinct are not allowed",
        "kiosk/order_items.sql: reads raw_sale, neither a kind of file nor a table of this source; did you mean raw_sales?",
        "kiosk/events.sql: does not select event_type, a column of the contract of events;",
        "kiosk/events.sql: selects event_typ, which events does not have, so it would be dropped; did you mean event_type?",
        "files.sums: raw_sums is not read by any SELECT; remove it.",
    ):
        assert sentence in problems


def test_types_that_would_fail_a_run_are_reported(spark: SparkSession, tmp_path: Path) -> None:
    text = 'title: t\nfiles:\n  sales:\n    glob: ["*.csv"]\n    records: order_items\n    columns: {nr: {}}\n'
    folder = kiosk(tmp_path, source_yaml=text, order_items_sql="select nr as order_id, 'yes' as quantity from raw_sales")
    problems = problems_of(spark, folder)
    quantity = [problem for problem in problems if "quantity" in problem]
    sentence = (
        "kiosk/order_items.sql: selects quantity as string, but the contract of order_items has int; convert it "
        "(declare that type for the file's column, or use try_cast)."
    )
    assert quantity == [sentence]
    assert any("does not select _record" in problem for problem in problems)


def test_a_missing_folder_is_reported(spark: SparkSession, tmp_path: Path) -> None:
    (problems,) = problems_of(spark, tmp_path / "nowhere")
    assert problems.endswith("there is no such folder; a source is a folder with a source.yaml and a SELECT per table.")


def test_the_command_is_found() -> None:
    from offline.cli.app import app

    result = CliRunner().invoke(app, ["source", "check", "--help"])
    assert result.exit_code == 0
    assert "without reading any data" in " ".join(result.output.split())
