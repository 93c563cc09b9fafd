"""Rules for all marts."""

from __future__ import annotations

import re

import pytest

import contracts
from glue_jobs.lib.source_definition.references import build_order, references
from glue_jobs.manifest import JOBS
from tests.support.frames import MARTS, build, rows

CURATED = contracts.load_all("curated")
SQL = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MARTS.glob("*.sql"))}


def test_each_curated_contract_has_exactly_one_mart_or_job():
    made = {table for job in JOBS for table in job.writes if "*" not in table}
    assert SQL.keys() | made == CURATED.keys()
    assert not SQL.keys() & made


@pytest.mark.parametrize("name", SQL)
def test_no_mart_reads_a_table_of_an_analysis(name):
    assert references(SQL[name], where=name) <= SQL.keys() | contracts.load_all("processed").keys()


@pytest.mark.parametrize("name", SQL)
def test_the_header_names_exactly_the_tables_that_the_select_reads(name):
    purpose, grain, reads, *_ = SQL[name].splitlines()
    assert purpose.startswith("-- Purpose: ")
    assert grain.startswith("-- Grain:   source")
    assert set(reads.removeprefix("-- Reads:   ").split(", ")) == references(SQL[name], where=name)


def test_only_activity_and_sessions_read_the_events():
    # events is by far the largest table: reading it once more costs as much as everything else together
    reading = {name for name, sql in SQL.items() if "events" in references(sql, where=name)}
    assert reading == {"fct_product_activity", "fct_sessions"}


@pytest.mark.parametrize("name", [name for name in SQL if CURATED[name].incremental])
def test_an_incremental_mart_reads_a_single_processed_table(name):
    # Its periods are rebuilt from the same periods of the table that it reads, or from those that its rows span.
    (only,) = references(SQL[name], where=name)
    assert contracts.load(only).zone == "processed"
    assert "period" in CURATED[name].partition_columns
    if CURATED[name].end_column:
        assert set(CURATED[name].key) <= set(contracts.load(only).names)


def test_marts_with_periods_are_incremental_unless_a_change_reaches_all_periods():
    # A product that changes its category changes it in all rows of order_daily.
    by_period = {name for name in SQL if "period" in CURATED[name].partition_columns}
    assert {name for name in SQL if CURATED[name].incremental} == by_period - {"order_daily"}


@pytest.mark.parametrize("name", SQL)
def test_the_gap_of_the_contract_is_that_of_the_select(name):
    gaps = {int(minutes) for minutes in re.findall(r"interval (\d+) minutes", SQL[name])}
    assert gaps == ({CURATED[name].gap_minutes} if CURATED[name].gap_minutes else set())


def test_in_an_empty_lake_every_mart_has_its_columns_and_no_rows(spark):
    for name, _ in build_order(SQL, where="marts"):
        assert rows(build(spark, name), "source") == []
