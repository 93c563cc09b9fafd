"""Damaged, empty and deleted files: the ledger's are replaced by the next run, those of tables are named with the remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contracts.errors import PlatformError
from glue_jobs import profiling
from tests.support.faults import DAMAGES
from tests.support.kept_shops import KeptShops
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.usefixtures("interpreted"), pytest.mark.full]

OCTOBER = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:02:00", "teleport", "p1")]
NOVEMBER = [REES46_HEADER, event("2019-11-05 09:00:00", "purchase", "p2", session="s2")]


@pytest.fixture(scope="module")
def built(spark: SparkSession, lake_root: Path, kept_shops: KeptShops) -> Shop:
    """October, with a rejected row, and November, loaded and built one after the other; kept as a copy."""
    shop = Shop(spark, lake_root, "damaged", only_marts=("fct_sessions", "session_daily"))

    def build() -> None:
        for number, lines in enumerate((OCTOBER, NOVEMBER)):
            shop.put("rees46", "events", f"{number}.csv", lines)
            shop.conform("rees46")
            shop.build("rees46")

    kept_shops.build(shop, "built", build)
    shop.keep()
    return shop


@pytest.fixture
def shop(built: Shop) -> Shop:
    """The lake as it was built."""
    built.restore()
    return built


def contents(shop: Shop) -> list[list[tuple[Any, ...]]]:
    shop.spark.catalog.clearCache()
    return [
        shop.rows("events"),
        shop.rows("order_items"),
        shop.rows("quarantine", "raw_text", "rules"),
        shop.rows("fct_sessions"),
        shop.rows("session_daily"),
    ]


def files(shop: Shop, bucket: str, table: str) -> list[Path]:
    return sorted((shop.folder(bucket) / table).rglob("*.parquet"), key=lambda file: file.stat().st_mtime)


@pytest.mark.parametrize(
    ("table", "damage", "options"),
    [
        ("etl_files", "no magic", ()),
        ("etl_files", "truncated", ("--full=true",)),
        ("etl_files", "empty", ()),
        ("etl_runs", "damaged footer", ()),
        ("etl_runs", "damaged page", ()),
        ("etl_runs", "no magic", ("--full=true",)),
        ("quarantine", "truncated", ()),
    ],
)
def test_a_damaged_ledger_file_is_dropped_and_everything_is_loaded_again(
    shop: Shop, table: str, damage: str, options: tuple[str, ...]
) -> None:
    before = contents(shop)
    damaged = files(shop, "processed", table)[0]
    DAMAGES[damage](damaged)
    if table == "quarantine":
        # Quarantine is read where another row is rejected.
        shop.put("rees46", "events", "2.csv", [REES46_HEADER, event("2019-10-08 10:00:00", "fly", "p1")])
        before[2].append((event("2019-10-08 10:00:00", "fly", "p1"), ["event_type_enum"]))
    # WHEN
    outcome = shop.conform("rees46", *options)
    shop.build("rees46", *options)
    # THEN
    place = damaged.relative_to(shop.root / "s3" / "shoplake-processed")
    assert outcome.notices[0] == (
        f"s3://shoplake-processed/{place}: this Parquet file was damaged and is deleted; what it recorded was computed again."
    )
    assert table == "quarantine" or not damaged.exists()
    assert contents(shop) == [sorted(rows, key=repr) for rows in before]
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())


def test_a_damaged_run_history_that_marts_meet_is_named_and_the_next_run_replaces_it(shop: Shop) -> None:
    # Marts may not delete files of the ledger.
    before = contents(shop)
    DAMAGES["truncated"](files(shop, "processed", "etl_runs")[-1])
    with pytest.raises(PlatformError, match=r"etl_runs/.*: this Parquet file is damaged; run `shoplake run`, which replaces it"):
        shop.build("rees46")
    shop.conform("rees46")
    assert [account.table for account in shop.build("rees46").accounts] == ["fct_sessions", "session_daily"]
    assert contents(shop) == before


@pytest.mark.parametrize("damage", ["no magic", "damaged page"])
def test_a_damaged_file_of_a_table_is_named_and_a_full_run_replaces_it(shop: Shop, damage: str) -> None:
    before = contents(shop)
    damaged = files(shop, "processed", "events")[0]
    DAMAGES[damage](damaged)
    # WHEN marts read it
    with pytest.raises(PlatformError) as failure:
        shop.build("rees46", "--full=true")
    # THEN
    place = damaged.relative_to(shop.root / "s3" / "shoplake-processed")
    sentence = f"s3://shoplake-processed/{place}: this Parquet file is damaged; run `shoplake run --full`, which replaces it."
    assert str(failure.value) == f"{sentence} Committed work is kept."
    assert (str(failure.value),) in shop.rows("etl_runs", "reason")
    shop.conform("rees46", "--full=true")
    shop.build("rees46", "--full=true")
    assert contents(shop) == before


def test_a_lost_or_empty_partition_of_a_mart_is_rebuilt_by_the_next_run(shop: Shop) -> None:
    before = contents(shop)
    shutil.rmtree(shop.folder("curated") / "fct_sessions" / "source=rees46" / "period=2019-11")
    DAMAGES["empty"](files(shop, "curated", "session_daily")[0])
    built = shop.build("rees46")
    assert built.notices == (
        "rees46: fct_sessions/2019-11, session_daily/rees46 no longer exists in curated; rebuilding it from processed.",
    )
    assert contents(shop) == before
    assert shop.build("rees46").accounts == ()


def test_lost_partitions_of_quarantine_and_lost_run_history_are_noticed(shop: Shop) -> None:
    before = contents(shop)
    shutil.rmtree(shop.folder("processed") / "quarantine")
    outcome = shop.conform("rees46")
    assert "no longer exists in processed; rebuilding it from raw." in outcome.notices[0]
    assert contents(shop) == before
    shutil.rmtree(shop.folder("processed") / "etl_runs")
    outcome = shop.conform("rees46")
    assert outcome.notices[0].startswith("rees46: the run history lacks the run that loaded s3://shoplake-raw/")
    assert [account.table for account in shop.build("rees46").accounts] == ["fct_sessions", "session_daily"]
    assert contents(shop) == before


def test_a_folder_with_the_name_of_a_file_is_replaced(shop: Shop) -> None:
    before = contents(shop)
    file = files(shop, "processed", "events")[0]
    file.unlink()
    file.mkdir()
    shop.conform("rees46")
    assert file.is_file()
    assert contents(shop) == before


@pytest.mark.parametrize("fault", ["damaged", "deleted"])
def test_results_of_an_analysis_that_are_damaged_or_lost_are_computed_again(shop: Shop, fault: str) -> None:
    profiling.main(shop.arguments("--source", "rees46"))
    before = shop.rows("column_profile", "table_name", "column_name", "non_null_rows")
    (file,) = files(shop, "curated", "column_profile")
    change: Callable[[Path], object] = DAMAGES["truncated"] if fault == "damaged" else Path.unlink
    change(file)
    shop.spark.catalog.clearCache()
    profiling.main(shop.arguments("--source", "rees46", *(["--full=true"] if fault == "damaged" else [])))
    assert shop.rows("column_profile", "table_name", "column_name", "non_null_rows") == before


def test_a_restored_raw_file_is_loaded_again_after_its_rows_were_dropped(shop: Shop) -> None:
    before = contents(shop)
    file = next((shop.folder("raw") / "rees46").rglob("1.csv"))
    kept = file.rename(shop.root / "1.csv")  # a rename keeps the time of the last change
    shop.conform("rees46", "--drop_missing=true")
    assert len(shop.rows("events")) == 1
    kept.rename(file)
    shop.conform("rees46")
    shop.build("rees46")
    assert contents(shop) == before
