"""Documents of two writers, taken by one source folder: every table against plain SQL on their files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.analyses import Analyses, Values
from tests.end_to_end.comparison import differences
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, TRUTH, Checked, build, land, made
from tests.end_to_end.profiles import Profiles

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyspark.sql import SparkSession

KINDS: dict[str, Callable[[Path], bool]] = {
    kind: lambda file, kind=kind: file.name.startswith(kind)  # type: ignore[misc]
    for kind in ("users", "products", "categories", "transactions", "sessions")
}
# Rows: items, discounts and returns of all that was not cancelled; pages, carts and purchases; documents.
COUNTS = {
    "first": {"order_items": 2_099, "events": 41_429, "customers": 500, "products": 1_000, "categories": 100},
    "other": {"order_items": 9_868, "events": 14_829, "customers": 500, "products": 500, "categories": 100},
}


@pytest.fixture(scope="module")
def first(uncompiled: None, spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    return written("multimodel", lake_root, shared_data, CURATED)


@pytest.fixture(scope="module")
def other(first: Checked, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    """The other writer's documents, in place of the first one's (which DuckDB holds by now)."""
    for place in lake_root.glob("s3/*/*/source=multimodel"):
        shutil.rmtree(place)
    shutil.rmtree(lake_root / "s3/shoplake-raw/multimodel")
    return written("multimodel_drift", lake_root, shared_data, ())


@pytest.fixture(scope="module")
def both(
    first: Checked, other: Checked, lake_root: Path, shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> DuckDBPyConnection:
    """A lake of both, the first writer's documents a day after the other's: found, and in main what their truths tell."""
    land(lake_root, "multimodel", shared_data("multimodel"), kinds=KINDS, day="2026-11-02")
    lake, folder = made(lake_root, "multimodel", curated=["dim_date", "sales_daily"]), tmp_path_factory.mktemp("both")
    for table in (*PROCESSED, *SPARSE):
        for writer, truth in (("first", first), ("other", other)):
            truth.connection.execute(f"copy truth.{table} to '{folder}/{table}.{writer}.parquet'")
        lake.execute(
            f"create table {table} as from read_parquet('{folder}/{table}.*.parquet', filename = true, union_by_name = true)"
        )
    # Parquet knows no integers as wide as DuckDB's sums.
    lake.execute("alter table orders alter units type bigint; create schema truth")
    for table in ("dim_date", "sales_daily"):
        lake.execute(f"create table truth.{table} as {(TRUTH / 'curated' / f'{table}.sql').read_text(encoding='utf-8')}")
    return lake


def written(writer: str, lake_root: Path, shared_data: Callable[[str], Path], curated: Sequence[str]) -> Checked:
    return build(lake_root, "multimodel", shared_data(writer), kinds=KINDS, made_ids=["order_item_id"], curated=curated)


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(first: Checked, table: str):
    assert first.differences(table) == ""


@pytest.fixture(scope="module")
def source(first: Checked) -> Checked:
    return first


class TestAnalyses(Analyses, Values, Profiles):
    """What the analyses make of it, by the tests of every source."""


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE])
def test_table_of_the_other_writer_equals_one_on_its_files(other: Checked, table: str):
    assert other.differences(table) == ""


@pytest.mark.parametrize("writer", ["first", "other"])
def test_every_element_is_accounted_for(request: pytest.FixtureRequest, writer: str):
    lake: Checked = request.getfixturevalue(writer)
    for table, rows in COUNTS[writer].items():
        account = lake.account(table)
        assert (account["rows_read"], account["rows_processed"]) == (rows, rows)
        assert (account["rows_quarantined"], account["rows_deduplicated"]) == (0, 0)


# Columns that take a product's or a user's description from whoever said it last.
DESCRIBED = {"events": ["category_id", "price"], "order_items": ["product_name", "country"], "orders": ["country"]}


@pytest.mark.parametrize("table", DESCRIBED)
def test_what_happened_is_what_both_writers_tell(both: DuckDBPyConnection, table: str):
    without = ["source", "order_item_id", "filename", *DESCRIBED[table]]
    assert differences(both, found=f"found.{table}", expected=f"main.{table}", key=(), without=without) == ""


@pytest.mark.parametrize("table", ["products", "customers", "categories"])
def test_of_two_descriptions_of_one_id_the_later_counts(both: DuckDBPyConnection, table: str):
    key = {"products": "product_id", "customers": "customer_id", "categories": "category_id"}[table]
    both.execute(
        f"create or replace view main.last_{table} as select distinct on ({key}) * from main.{table} "
        f"order by {key}, filename like '%.first.parquet' desc"
    )
    without = ["source", "observed_at", "filename"]
    assert differences(both, found=f"found.{table}", expected=f"main.last_{table}", key=[key], without=without) == ""


def test_days_are_the_sums_of_both_writers(both: DuckDBPyConnection):
    assert differences(both, found="found.sales_daily", expected="truth.sales_daily", key=["date"], without=["source"]) == ""
    told = both.execute("select sum(amount), count(distinct order_id) from main.order_items where item_kind = 'product'")
    assert told.fetchall() == both.execute("select sum(net_amount), sum(orders) from found.sales_daily").fetchall()
