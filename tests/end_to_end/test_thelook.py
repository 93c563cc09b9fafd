"""Every table of a sample of thelook's shoppers against plain SQL on their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.headline_checks import HeadlineChecks
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, CheckedSource, check_source
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder
from tests.support.lake_cache import fingerprint

pytestmark = [pytest.mark.real_data, pytest.mark.full]

TABLES = ("users", "products", "distribution_centers", "inventory_items", "orders", "order_items", "events")
# By table: the rows of a fifth of the shoppers who registered in the last half year, and the columns that the export quotes.
THEIRS = "user_id in (from shoppers)"
SAMPLE = {
    "users": ("id in (from shoppers)", "first_name, last_name, email, created_at"),
    "products": ("true", "name"),
    "distribution_centers": ("true", "name"),
    "inventory_items": ("created_at >= '2026-06-01' and cast(id as int) % 10 = 0", "product_id, created_at, sold_at"),
    "orders": (THEIRS, "status, created_at, returned_at"),
    "order_items": (THEIRS, "product_id, status, created_at, returned_at, sale_price"),
    "events": (
        f"{THEIRS} or user_id is null and session_id like '0%' and created_at >= '2026-06-01'",
        "session_id, created_at, uri, event_type",
    ),
}


@pytest.fixture(scope="module")
def thelook(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    entire = shared_data("thelook")
    key = fingerprint([Path(__file__), *(entire / f"{table}.csv.gz" for table in TABLES)])
    raw = builder.cache.get("thelook-sample", key, lambda folder: _sample(entire, folder))
    kinds: dict[str, Callable[[Path], bool]] = {table: lambda file, name=f"{table}.csv.gz": file.name == name for table in TABLES}
    return check_source(builder.build("thelook", "thelook", [Delivery(raw, kinds)], interpreted=True), raw)


def _sample(entire: Path, folder: Path) -> None:
    files = duckdb.connect()
    read = "read_csv('{}/{}.csv.gz', all_varchar = true, header = true, quote = '\"')".format
    recent = "created_at >= '2026-06-01' and cast(id as int) % 5 = 0"
    files.execute(f"create table shoppers as select id from {read(entire, 'users')} where {recent}")
    for table, (rows, quoted) in SAMPLE.items():
        target = f"to '{folder}/{table}.csv.gz' (header, force_quote ({quoted}))"
        files.execute(f"copy (from {read(entire, table)} where {rows}) {target}")


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(thelook: CheckedSource, table: str):
    assert thelook.differences(table) == ""


@pytest.fixture(scope="module")
def source(thelook: CheckedSource) -> CheckedSource:
    return thelook


class TestHeadlines(HeadlineChecks):
    """The figures that people quote, as the dashboard and Power BI have them."""


class TestAnalyses(SegmentChecks, RecommendationChecks, ValueChecks, ProfileChecks):
    """The checks of the analyses that every source must pass."""


def test_every_row_is_accounted_for(thelook: CheckedSource):
    for table in ("customers", "products", "inventory", "orders", "order_items", "events"):
        account = thelook.account(table)
        assert account["rows_read"] == account["rows_processed"] > 0
        assert (account["rows_quarantined"], account["rows_deduplicated"]) == (0, 0)
    (lines,) = thelook.row(f"select count(*) from read_csv('{thelook.raw}/events.csv.gz', all_varchar = true)")
    assert thelook.account("raw_events")["rows_read"] == lines


def test_contradictory_rows_are_counted_and_kept(thelook: CheckedSource):
    (unsold,) = thelook.row("select count(*) from lake.inventory where order_item_id is not null and left_at is null")
    assert thelook.account("inventory")["warnings_by_rule"]["ordered_unit_left"] == unsold > 0
    (anonymous,) = thelook.row("select count(*) from lake.events where user_id is null")
    assert thelook.account("raw_events")["control_totals"]["events_without_user"] == anonymous > 0


def test_events_after_the_run_are_a_warning(thelook: CheckedSource):
    """The set contains events some days after it was published; how many are in the future depends on the day of the run."""
    finished_at = "select max(finished_at) from lake.etl_runs where table_name = 'events' and job = 'conform'"
    (later,) = thelook.row(f"select count(*) from lake.events where event_time > ({finished_at})")
    counted = thelook.account("events")["warnings_by_rule"].get("event_time_in_the_past", 0)
    assert later <= counted <= later + 5
