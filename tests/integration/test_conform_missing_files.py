"""Conform where raw files or partitions are gone: nothing is lost without a request, and what can be is rebuilt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts.errors import SourceError
from tests.support.shops import MONDAY, NOVEMBER, REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    return Shop(spark, lake_root, "missing_files")


def test_a_missing_raw_file_is_reported_and_its_rows_stay(shop: Shop) -> None:
    raw = shop.put("rees46", "events", "a.csv", MONDAY)
    shop.conform("rees46")
    raw.unlink()
    outcome = shop.conform("rees46")
    assert "a.csv" in outcome.notices[0]
    assert "no longer exists; restore it" in outcome.notices[0]
    assert len(shop.rows("events")) == 2


def three_months(shop: Shop) -> dict[str, Path]:
    """Files of October and November, and one that has rows in both."""
    both = [REES46_HEADER, event("2019-10-20 10:00:00", "view", "p3"), event("2019-11-20 10:00:00", "view", "p3")]
    return {
        name: shop.put("rees46", "events", f"{name}.csv", lines)
        for name, lines in {"october": MONDAY, "november": NOVEMBER, "both": both}.items()
    }


@pytest.mark.full
def test_a_run_stops_where_rows_of_a_missing_file_would_be_lost(shop: Shop) -> None:
    # GIVEN a loaded file that was deleted
    files = three_months(shop)
    shop.conform("rees46")
    before = shop.rows("events")
    files["both"].unlink()
    # WHEN a new file touches one of its periods
    shop.put("rees46", "events", "late.csv", [REES46_HEADER, event("2019-11-09 09:00:00", "view", "p4")], day="2026-02-01")
    with pytest.raises(
        SourceError, match=r"rees46: s3://\S+/both\.csv no longer exists, .*; restore it, or run with --drop-missing"
    ):
        shop.conform("rees46")
    # THEN nothing changed, until the rows are dropped on request
    assert shop.rows("events") == before
    outcome = shop.conform("rees46", "--drop_missing=true")
    assert shop.rows("events", "product_id", "period") == [
        ("p1", "2019-10"),
        ("p1", "2019-10"),
        ("p2", "2019-11"),
        ("p4", "2019-11"),
    ]
    assert "missing: both.csv: no longer exists in raw; its rows were dropped." in outcome.notices
    assert shop.conform("rees46").notices == ()


@pytest.mark.full
@pytest.mark.parametrize("option", ["--full=true", "--drop_missing=true"])
def test_a_missing_raw_file_is_dropped_on_request(spark: SparkSession, lake_root: Path, option: str) -> None:
    shop = Shop(spark, lake_root, "dropped", only_marts=("fct_sessions",))
    files = three_months(shop)
    shop.conform("rees46")
    shop.build("rees46")
    files["november"].unlink()
    files["both"].unlink()
    shop.conform("rees46", option)
    shop.build("rees46")
    assert shop.rows("events", "product_id", "period") == [("p1", "2019-10"), ("p1", "2019-10")]
    assert shop.rows("etl_files", "source_file", "status")[-1][1] == "loaded"
    assert {row[0] for row in shop.rows("fct_sessions", "period")} == {"2019-10"}
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())


@pytest.mark.full
def test_a_copy_takes_the_place_of_a_dropped_file(shop: Shop) -> None:
    files = three_months(shop)
    shop.put("rees46", "events", "copy.csv", files["november"].read_bytes(), day="2026-01-05")
    shop.conform("rees46")
    before = shop.rows("events")
    files["november"].unlink()
    shop.conform("rees46", "--drop_missing=true")
    assert shop.rows("events") == before


@pytest.mark.full
@pytest.mark.parametrize("table", ["events", "order_items"])
def test_a_deleted_partition_is_rebuilt_by_the_next_run(shop: Shop, table: str) -> None:
    # GIVEN a lake of two months whose October was deleted from one table
    three_months(shop)
    shop.conform("rees46")
    before = {name: shop.rows(name) for name in ("events", "order_items")}
    shutil.rmtree(shop.folder("processed") / table / "source=rees46" / "period=2019-10")
    # WHEN
    outcome = shop.conform("rees46")
    # THEN
    assert {name: shop.rows(name) for name in before} == before
    assert f"rees46: {table}/2019-10 no longer exists in processed; rebuilding it from raw." in outcome.notices
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())
