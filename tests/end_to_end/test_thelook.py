"""Every table of some of thelook's shoppers against plain SQL on their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.end_to_end.analyses import Analyses, Values
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, Checked, build
from tests.end_to_end.profiles import Profiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = ("users", "products", "distribution_centers", "inventory_items", "orders", "order_items", "events")
# Which rows are taken, and which columns the export writes in quotes: a fifth of those who came in the last half year.
THEIRS = "user_id in (from shoppers)"
TAKEN = {
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
def thelook(
    uncompiled: None,
    spark: SparkSession,
    lake_root: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Checked:
    whole, raw = shared_data("thelook"), tmp_path_factory.mktemp("thelook")
    files = duckdb.connect()
    read = "read_csv('{}/{}.csv.gz', all_varchar = true, header = true, quote = '\"')".format
    some = "created_at >= '2026-06-01' and cast(id as int) % 5 = 0"
    files.execute(f"create table shoppers as select id from {read(whole, 'users')} where {some}")
    for table, (rows, quoted) in TAKEN.items():
        target = f"to '{raw}/{table}.csv.gz' (header, force_quote ({quoted}))"
        files.execute(f"copy (from {read(whole, table)} where {rows}) {target}")
    kinds: dict[str, Callable[[Path], bool]] = {table: lambda file, name=f"{table}.csv.gz": file.name == name for table in TABLES}
    return build(lake_root, "thelook", raw, kinds=kinds)


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(thelook: Checked, table: str):
    assert thelook.differences(table) == ""


@pytest.fixture(scope="module")
def source(thelook: Checked) -> Checked:
    return thelook


class TestAnalyses(Analyses, Values, Profiles):
    """What the analyses make of it, by the tests of every source."""


def test_every_row_is_accounted_for(thelook: Checked):
    for table in ("customers", "products", "inventory", "orders", "order_items", "events"):
        account = thelook.account(table)
        assert account["rows_read"] == account["rows_processed"] > 0
        assert (account["rows_quarantined"], account["rows_deduplicated"]) == (0, 0)
    (lines,) = thelook.row(f"select count(*) from read_csv('{thelook.raw}/events.csv.gz', all_varchar = true)")
    assert thelook.account("raw_events")["rows_read"] == lines


def test_what_contradicts_itself_is_counted_and_stays(thelook: Checked):
    (unsold,) = thelook.row("select count(*) from found.inventory where order_item_id is not null and left_at is null")
    assert thelook.account("inventory")["warnings_by_rule"]["ordered_unit_left"] == unsold > 0
    (nobodys,) = thelook.row("select count(*) from found.events where user_id is null")
    assert thelook.account("raw_events")["control_totals"]["events_without_user"] == nobodys > 0


def test_events_after_the_run_are_a_warning(thelook: Checked):
    """The set runs some days past its making; what is left of that after today depends on the day of the run."""
    ran = "select max(finished_at) from found.etl_runs where table_name = 'events' and job = 'conform'"
    (later,) = thelook.row(f"select count(*) from found.events where event_time > ({ran})")
    counted = thelook.account("events")["warnings_by_rule"].get("event_time_in_the_past", 0)
    assert later <= counted <= later + 5
