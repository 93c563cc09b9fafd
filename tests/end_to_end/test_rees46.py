"""Every table of the real store log against plain SQL on its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.analyses import Analyses, Values
from tests.end_to_end.lake import CURATED, PROCESSED, Checked, build
from tests.end_to_end.profiles import Profiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FILE = "2019-Oct.csv"
CUT_OFF = "2019-10-01 02:50:00 UTC,view,10900305,2053013555069845885,appliances.kitchen.mixer,elenberg,25.71,52040330"


@pytest.fixture(scope="module")
def rees46(spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    kinds = {"events": lambda file: file.suffix == ".csv"}
    return build(lake_root, "rees46", shared_data("rees46"), kinds=kinds, made_ids=["event_id", "order_item_id"])


@pytest.mark.parametrize("table", [*PROCESSED, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_file(rees46: Checked, table: str):
    assert rees46.differences(table) == ""


@pytest.fixture(scope="module")
def source(rees46: Checked) -> Checked:
    return rees46


class TestAnalyses(Analyses, Values, Profiles):
    """What the analyses make of it, by the tests of every source."""


def test_every_line_is_accounted_for(rees46: Checked):
    account = rees46.account("events")
    assert rees46.account("raw_events")["rows_read"] == account["rows_read"] == 17_435
    assert (account["rows_processed"], account["rows_quarantined"], account["rows_deduplicated"]) == (17_429, 1, 5)
    assert account["quarantined_by_rule"] == {"malformed_record": 1}
    assert rees46.row("select count(*) from truth.events") == (17_429,)


def test_the_line_cut_off_at_the_end_is_in_quarantine_with_its_text_and_place(rees46: Checked):
    (row,) = rees46.rows("select raw_text, line_number, rules, table_name, source_file from found.quarantine")
    assert row.pop("source_file").endswith(f"/rees46/events/ingest_date=2026-11-01/{FILE}")
    assert row == {"raw_text": CUT_OFF, "line_number": 17_436, "rules": ["malformed_record"], "table_name": "events"}
    assert (rees46.raw / FILE).read_bytes().endswith(b"\n" + CUT_OFF.encode())


def test_made_ids_are_unique(rees46: Checked):
    assert rees46.row("select count(distinct (event_id, event_time)), count(distinct event_id) from found.events") == (
        17_429,
        17_429,
    )
    assert rees46.row("select count(distinct order_item_id) = count(*) from found.fct_order_items") == (True,)
