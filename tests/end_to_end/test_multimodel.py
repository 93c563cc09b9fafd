"""Documents of two writers with different schemas, read by one source folder: every table against plain SQL on their files."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.headline_checks import HeadlineChecks
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, TRUTH, CheckedSource, check_source, load_lake
from tests.end_to_end.model_checks import refusals
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.scan_checks import ScanChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder

pytestmark = [pytest.mark.real_data, pytest.mark.full]

KINDS: dict[str, Callable[[Path], bool]] = {
    kind: lambda file, kind=kind: file.name.startswith(kind)  # type: ignore[misc]
    for kind in ("users", "products", "categories", "transactions", "sessions")
}
# Order lines are items, discounts and returns of all orders that were not canceled; events are pages, carts and purchases.
COUNTS = {
    "first": {"order_items": 2_099, "events": 41_429, "customers": 500, "products": 1_000, "categories": 100},
    "other": {"order_items": 9_868, "events": 14_829, "customers": 500, "products": 500, "categories": 100},
}


@pytest.fixture(scope="module")
def first(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    raw = shared_data("multimodel")
    lake = builder.build("multimodel", "multimodel", [Delivery(raw, KINDS)], interpreted=True)
    return check_source(lake, raw, generated_ids=["order_item_id"])


@pytest.fixture(scope="module")
def other(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    """The other writer's documents alone."""
    raw = shared_data("multimodel_drift")
    lake = builder.build("multimodel_drift", "multimodel", [Delivery(raw, KINDS)], with_marts=False, interpreted=True)
    return check_source(lake, raw, generated_ids=["order_item_id"], curated=())


@pytest.fixture(scope="module")
def both(
    first: CheckedSource, other: CheckedSource, builder: LakeBuilder, tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """A lake of both, the first writer's documents a day after the other's; schema main has the expected rows of both."""
    deliveries = [Delivery(other.raw, KINDS), Delivery(first.raw, KINDS, day="2026-11-02")]
    lake = builder.build("multimodel_both", "multimodel", deliveries, interpreted=True)
    connection, folder = load_lake(lake, curated=["dim_date", "fct_order_items", "sales_daily"]), tmp_path_factory.mktemp("both")
    for table in (*PROCESSED, *SPARSE):
        for writer, checked in (("first", first), ("other", other)):
            checked.connection.execute(f"copy truth.{table} to '{folder}/{table}.{writer}.parquet'")
        files = f"read_parquet('{folder}/{table}.*.parquet', filename = true, union_by_name = true)"
        connection.execute(f"create table {table} as from {files}")
    # Parquet has no integers as wide as DuckDB's sums.
    connection.execute("alter table orders alter units type bigint; create schema truth")
    for table in ("dim_date", "fct_order_items", "sales_daily"):
        query = (TRUTH / "curated" / f"{table}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table truth.{table} as {query}")
    return connection


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(first: CheckedSource, table: str):
    assert first.differences(table) == ""


@pytest.fixture(scope="module")
def source(first: CheckedSource) -> CheckedSource:
    return first


class TestHeadlines(HeadlineChecks, ScanChecks):
    """The figures that people quote, as the dashboard and Power BI have them."""


class TestAnalyses(SegmentChecks, RecommendationChecks, ValueChecks, ProfileChecks):
    """The checks of the analyses that every source must pass."""


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE])
def test_table_of_the_other_writer_equals_an_independent_computation(other: CheckedSource, table: str):
    assert other.differences(table) == ""


@pytest.mark.parametrize("writer", ["first", "other"])
def test_every_element_is_accounted_for(request: pytest.FixtureRequest, writer: str):
    checked: CheckedSource = request.getfixturevalue(writer)
    for table, rows in COUNTS[writer].items():
        account = checked.account(table)
        assert (account["rows_read"], account["rows_processed"]) == (rows, rows)
        assert (account["rows_quarantined"], account["rows_deduplicated"]) == (0, 0)


# Columns that take a product's or a user's attributes from the latest document.
ATTRIBUTES = {"events": ["category_id", "price"], "order_items": ["product_name", "country"], "orders": ["country"]}


@pytest.mark.parametrize("table", ATTRIBUTES)
def test_events_and_orders_are_those_of_both_writers(both: duckdb.DuckDBPyConnection, table: str):
    without = ["source", "order_item_id", "filename", *ATTRIBUTES[table]]
    assert differences(both, actual=f"lake.{table}", expected=f"main.{table}", key=(), without=without) == ""


@pytest.mark.parametrize("table", ["products", "customers", "categories"])
def test_the_later_of_two_documents_of_one_id_wins(both: duckdb.DuckDBPyConnection, table: str):
    key = {"products": "product_id", "customers": "customer_id", "categories": "category_id"}[table]
    both.execute(
        f"create or replace view main.last_{table} as select distinct on ({key}) * from main.{table} "
        f"order by {key}, filename like '%.first.parquet' desc"
    )
    without = ["source", "observed_at", "filename"]
    assert differences(both, actual=f"lake.{table}", expected=f"main.last_{table}", key=[key], without=without) == ""


def test_daily_sales_are_the_sums_of_both_writers(both: duckdb.DuckDBPyConnection):
    assert differences(both, actual="lake.sales_daily", expected="truth.sales_daily", key=["date"], without=["source"]) == ""
    expected = both.execute(
        "select sum(amount) filter (item_kind = 'product'), -sum(amount) filter (item_kind = 'discount'), "
        "count(distinct order_id) from main.order_items"
    ).fetchall()
    actual = both.execute(
        "select sum(gross_amount) - sum(returned_amount), sum(discount_amount), sum(orders) from lake.sales_daily"
    ).fetchall()
    assert expected == actual


def test_discounts_are_part_of_net_revenue_and_margin(first: CheckedSource):
    """By hand from the documents: 689,785.96 less 14,809.45 of discounts."""
    assert first.row("select sum(net_amount) from lake.sales_daily") == (Decimal("674976.51"),)
    (margin,) = first.row("select sum(margin_amount) / sum(costed_net_amount) from lake.margins where level = 'product'")
    assert round(margin, 3) == 0.258


def test_three_months_and_889_orders_are_too_few_for_models(first: CheckedSource, tmp_path: Path):
    reasons = refusals(first, tmp_path)
    assert reasons["churn"].endswith("land more months of data (with a horizon of 30 days at least 120 days).")
    assert reasons["anomaly"] == "multimodel: 889 orders, and detectors need 1000 to be judged; land more data."
