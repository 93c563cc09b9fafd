"""Every table of the real store log against plain SQL on its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.lake import CURATED, PROCESSED, CheckedSource, check_source
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder

pytestmark = pytest.mark.real_data

FILE = "2019-Oct.csv"
TRUNCATED = "2019-10-01 02:50:00 UTC,view,10900305,2053013555069845885,appliances.kitchen.mixer,elenberg,25.71,52040330"


@pytest.fixture(scope="module")
def rees46(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    kinds = {"events": lambda file: file.suffix == ".csv"}
    raw = shared_data("rees46")
    return check_source(
        builder.build("rees46", "rees46", [Delivery(raw, kinds)]), raw, generated_ids=["event_id", "order_item_id"]
    )


@pytest.mark.parametrize("table", [*PROCESSED, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_file(rees46: CheckedSource, table: str):
    assert rees46.differences(table) == ""


@pytest.fixture(scope="module")
def source(rees46: CheckedSource) -> CheckedSource:
    return rees46


class TestAnalyses(ValueChecks, ProfileChecks):
    """Checks that every source must pass."""


@pytest.mark.full
class TestExpensiveAnalyses(SegmentChecks, RecommendationChecks):
    """Checks that every source must pass."""


def test_every_line_is_accounted_for(rees46: CheckedSource):
    account = rees46.account("events")
    assert rees46.account("raw_events")["rows_read"] == account["rows_read"] == 17_435
    assert (account["rows_processed"], account["rows_quarantined"], account["rows_deduplicated"]) == (17_429, 1, 5)
    assert account["quarantined_by_rule"] == {"malformed_record": 1}
    assert rees46.row("select count(*) from truth.events") == (17_429,)


def test_the_truncated_last_line_is_in_quarantine_with_its_text_and_line_number(rees46: CheckedSource):
    (row,) = rees46.rows("select raw_text, line_number, rules, table_name, source_file from lake.quarantine")
    assert row.pop("source_file").endswith(f"/rees46/events/ingest_date=2026-11-01/{FILE}")
    assert row == {"raw_text": TRUNCATED, "line_number": 17_436, "rules": ["malformed_record"], "table_name": "events"}
    assert (rees46.raw / FILE).read_bytes().endswith(b"\n" + TRUNCATED.encode())


def test_generated_ids_are_unique(rees46: CheckedSource):
    assert rees46.row("select count(distinct (event_id, event_time)), count(distinct event_id) from lake.events") == (
        17_429,
        17_429,
    )
    assert rees46.row("select count(distinct order_item_id) = count(*) from lake.fct_order_items") == (True,)
