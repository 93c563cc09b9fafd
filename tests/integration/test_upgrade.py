"""A lake that an earlier release made, run by today's code: see former_release/README.md."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from glue_jobs import profiling
from tests.support.shops import ZONES, Shop

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("interpreted")]

ROOT = Path(__file__).parents[2]
ARCHIVE = Path(__file__).parent / "former_release" / "lake.tar.xz"
MARTS = ("dim_date", "dim_product", "fct_order_items", "fct_product_activity", "fct_sessions", "funnel_daily", "cohorts")
TABLES = ("events", "order_items", "orders", "products", *MARTS)
REBUILT = "rebuilding everything from raw."
# Sixty events in each of two months, one in five rejected, one line repeated twice.
EVENTS, REJECTED, RUNS_BEFORE = 96, 24, 2 * 6


@pytest.fixture
def former(spark: SparkSession, lake_root: Path) -> Shop:
    """The lake as the earlier release left it."""
    return unpacked(Shop(spark, lake_root, "former", only_marts=MARTS), *ZONES)


def unpacked(shop: Shop, *zones: str) -> Shop:
    shop.spark.catalog.clearCache()
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(shop.root / "unpacked", filter="data")
    for zone in zones:
        shutil.rmtree(shop.folder(zone), ignore_errors=True)
        shutil.move(shop.root / "unpacked" / zone, shop.folder(zone))
    shutil.rmtree(shop.root / "unpacked", ignore_errors=True)
    return shop


def run(shop: Shop) -> tuple[str, ...]:
    shop.spark.catalog.clearCache()
    notices = shop.conform("rees46").notices
    return (*notices, *shop.build("rees46").notices)


def contents(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {table: shop.rows(table) for table in TABLES}


def differences(shop: Shop) -> Iterator[str]:
    """What `shoplake verify` finds, apart from marts and analyses that this test does not run."""
    for one in shop.differences(source="rees46"):
        if any(
            f"/{table}/" in one.place or f" {table}" in one.place for table in (*TABLES, "etl_runs", "etl_files", "quarantine")
        ):
            yield f"{one.place}: {one.problem}"


def test_a_lake_of_an_earlier_release_becomes_what_today_s_code_makes_of_its_raw_files(
    former: Shop, spark: SparkSession, lake_root: Path
) -> None:
    profiles = duckdb.read_parquet(str(former.folder("curated") / "column_profile/*/*.parquet")).fetchall()
    # WHEN today's code runs on it, and on its raw files alone
    notices = run(former)
    profiling.main(former.arguments("--source", "rees46"))
    today = unpacked(Shop(spark, lake_root, "today", only_marts=MARTS), "raw")
    run(today)
    # THEN the tables are equal
    assert contents(former) == contents(today)
    assert len(former.rows("events")) == EVENTS
    assert len(former.rows("quarantine")) == REJECTED
    assert former.rows("quarantine", "raw_text", "rules") == today.rows("quarantine", "raw_text", "rules")
    # AND run history and profiles of before are kept, under the names of today
    assert "rebuilding everything from raw." in notices[0]
    runs = duckdb.read_parquet(str(former.folder("processed") / "etl_runs/*/*/*.parquet"), union_by_name=True)
    assert runs is not None
    before = "rows_by_partition is null and status = 'succeeded'"
    assert duckdb.sql(f"select count(distinct run_id) from runs where {before}").fetchall() == [(RUNS_BEFORE,)]
    assert duckdb.sql(f"select count(*) from runs where {before} and rows_deduplicated is null").fetchall() == [(0,)]
    kept = duckdb.read_parquet(str(former.folder("curated") / "column_profile/*/*.parquet"))
    assert len(kept.fetchall()) > len(profiles) > 0
    assert list(differences(former)) == []
    # AND the run after that has nothing to do
    assert run(former) == ()


def test_changed_sql_of_a_source_and_a_mart_and_a_changed_source_are_followed(former: Shop, tmp_path: Path) -> None:
    # GIVEN a source whose SELECT, settings and mart changed with the release
    sources = tmp_path / "sources"
    shutil.copytree(ROOT / "glue_jobs" / "sources", sources)
    select = sources / "rees46" / "events.sql"
    select.write_text(select.read_text().replace("\n    brand,", "\n    upper(brand) as brand,"))
    settings = sources / "rees46" / "source.yaml"
    settings.write_text(settings.read_text().replace("timezone: UTC", "timezone: Asia/Kolkata"))
    mart = former.root / "marts" / former.name / "funnel_daily.sql"
    run(former)
    mart.write_text(f"{mart.read_text()}\n-- changed\n")
    # WHEN
    former.sources = sources
    outcome = former.conform("rees46")
    built = former.build("rees46")
    # THEN
    assert outcome.notices == (f"The source folder or a contract changed; {REBUILT}",)
    assert {row[0] for row in former.rows("events", "brand")} == {"ACME"}
    assert len(former.rows("events")) == EVENTS
    assert {account.table for account in built.accounts} == set(MARTS)
    assert former.build("rees46").accounts == ()
    # WHEN the mart alone changes
    mart.write_text(f"{mart.read_text()}\n-- changed again\n")
    assert [account.table for account in former.build("rees46").accounts] == ["funnel_daily"]


def test_the_grain_may_change_from_month_to_day_and_back(former: Shop) -> None:
    run(former)
    by_month = {table: former.rows(table, *_without_period(former, table)) for table in ("events", "fct_sessions")}
    for grain, length in (("day", 10), ("month", 7)):
        # WHEN
        former.grain = grain
        run(former)
        # THEN all tables have the other grain, with the same rows
        periods = {
            path.name for zone in ZONES[1:] for path in former.folder(zone).glob("*/source=*/period=*") if any(path.iterdir())
        }
        kept = {name for name in periods if len(name.removeprefix("period=")) != length}
        assert kept == set()
        for table, rows in by_month.items():
            assert former.rows(table, *_without_period(former, table)) == rows
        assert len(former.rows("quarantine")) == REJECTED


def _without_period(shop: Shop, table: str) -> tuple[str, ...]:
    from contracts import load

    return tuple(column.name for column in load(table).data_columns)
