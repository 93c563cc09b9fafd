"""Fault drill: whatever happens, one rerun gives a lake that `shoplake verify` finds clean, with the rows and sums of raw.

DuckDB counts the raw files itself. `make drill` runs all rounds and prints what it did. SHOPLAKE_DRILL_ROUNDS is the number of
rounds of the random faults, SHOPLAKE_DRILL_SEED chooses them, and SHOPLAKE_DRILL_DAYS is the number of days and of small files;
`make test-all` runs one round.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.lake import ledger
from tests.support.faults import StorageDown, kill_group, start_jobs, storage_down_after
from tests.support.kept_shops import KeptShops
from tests.support.shops import REES46_HEADER, ZONES, Shop, event
from tests.support.users import is_root

pytestmark = [pytest.mark.crash, pytest.mark.full, pytest.mark.usefixtures("interpreted")]

ROUNDS = int(os.environ.get("SHOPLAKE_DRILL_ROUNDS", "1"))
SEED = int(os.environ.get("SHOPLAKE_DRILL_SEED", "20190101"))
MARTS = ("dim_customer", "dim_product", "fct_order_items", "fct_product_activity", "fct_sessions")
BATCH = ("conform", "marts")
JOBS = (*BATCH, "segment", "recommend", "value", "profiling")
NOBODY = 65534
DAYS = int(os.environ.get("SHOPLAKE_DRILL_DAYS", "60"))
SHOP_SOURCE = Path(str(resources.files("glue_jobs"))) / "sources" / "shop"
KINDS = ("view", "view", "view", "cart", "purchase", "purchase", "no such type")
log = logging.getLogger("drill")


def lines(seed: int, rows: int = 400) -> list[str]:
    """A file of three months of events; one in seven has an unknown type."""
    chance = random.Random(seed)
    return [
        REES46_HEADER,
        *(
            event(
                f"2019-{chance.randint(10, 12)}-{chance.randint(1, 28):02d} {timedelta(seconds=number)!s:0>8}",
                chance.choice(KINDS),
                f"p{chance.randint(1, 20)}",
                user=f"u{number % 60}",
                session=f"{seed}-s{number % 90}",
                price=f"{chance.randint(1, 90)}.{chance.randint(10, 99)}",
            )
            for number in range(rows)
        ),
    ]


@pytest.fixture(scope="module")
def built(spark: SparkSession, lake_root: Path, kept_shops: KeptShops) -> Shop:
    """A lake with one loaded file, and a second one in raw that no run has seen."""
    shop = Shop(spark, lake_root, "drill", only_marts=MARTS)

    def build() -> None:
        shop.put("rees46", "events", "1.csv", lines(1))
        shop.conform("rees46")
        shop.build("rees46")

    kept_shops.build(shop, "built", build)
    shop.put("rees46", "events", "2.csv", lines(2), day="2026-01-02")
    shop.keep()
    return shop


@pytest.fixture
def shop(built: Shop) -> Shop:
    """The lake as it was built."""
    built.restore()
    return built


def run(shop: Shop, *jobs: str) -> None:
    from importlib import import_module

    shop.spark.catalog.clearCache()
    for job in jobs:
        import_module(f"glue_jobs.{job}").main(shop.arguments("--source", "rees46"))


def assert_tables_equal_raw(shop: Shop, root: Path | None = None) -> None:
    """Compare rows and sums of the lake's files with DuckDB's own reading of the raw files."""
    folder = {zone: (root or shop.root) / "s3" / f"shoplake-{zone}" / shop.name for zone in ("raw", "processed", "curated")}
    connection = duckdb.connect()
    connection.execute(f"create view raw as from read_csv('{folder['raw']}/rees46/events/*/*.csv', all_varchar = true)")

    def read(zone: str, table: str) -> str:
        files = f"{folder[zone]}/{table}/source=rees46/**/*.parquet"
        return f"read_parquet('{files}', hive_partitioning = true, hive_types_autocast = false)"

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    valid, sums = "event_type <> 'no such type'", "count(*), sum(price::decimal(18, 4))"
    month = f"substr(event_time, 1, {10 if shop.grain == 'day' else 7})"
    assert rows(f"select period, {sums} from {read('processed', 'events')} group by all order by all") == rows(
        f"select {month}, {sums} from raw where {valid} group by all order by all"
    )
    assert rows(f"select count(*) from {read('processed', 'quarantine')}") == rows(f"select count(*) from raw where not {valid}")
    assert rows(
        f"select product_id, {sums.replace('price', 'amount')} from {read('processed', 'order_items')} group by all order by all"
    ) == rows(f"select product_id, {sums} from raw where event_type = 'purchase' group by all order by all")
    assert rows(f"select count(*), sum(net_amount) from {read('curated', 'fct_order_items')}") == rows(
        f"select {sums} from raw where event_type = 'purchase'"
    )
    assert rows(f"select count(distinct session_id) from {read('curated', 'fct_sessions')}") == rows(
        f"select count(distinct user_session) from raw where {valid}"
    )
    assert shop.differences(root=root) == []


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("job", JOBS)
def test_a_job_killed_at_a_random_moment_succeeds_on_the_next_run(shop: Shop, job: str, round_: int) -> None:
    chance = random.Random(f"{SEED} {job} {round_}")
    # Analyses read what conform and marts write, and nothing of each other.
    before, after = (BATCH[: BATCH.index(job)], BATCH[BATCH.index(job) :]) if job in BATCH else (BATCH, (job,))
    run(shop, *before)
    # WHEN the job and its Java process are killed
    process = start_jobs(shop.root, [job], shop.arguments("--source", "rees46"))
    delay = chance.uniform(0, 8)
    time.sleep(delay)
    killed = kill_group(process)
    log.info("%s: %s after %.1f s", job, "killed" if killed else "had finished", delay)
    # THEN
    run(shop, *after)
    assert_tables_equal_raw(shop)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_run_that_loses_its_storage_at_a_write_succeeds_on_the_next_run(shop: Shop, round_: int) -> None:
    writes = random.Random(f"{SEED} {round_}").randint(0, 24)
    with storage_down_after(writes) as passed:
        try:
            run(shop, *BATCH)
        except StorageDown:
            log.info("storage down after %d writes, the last of them %s", len(passed), passed[-1:])
        else:
            pytest.fail(f"the run needed only {len(passed)} writes")
    run(shop, *BATCH)
    assert_tables_equal_raw(shop)


def test_a_full_disk_while_staging_leaves_the_tables_and_the_next_run_succeeds(shop: Shop) -> None:
    # GIVEN processed on a file system with 64 kB left
    processed = shop.folder("processed")
    kept = processed.with_name(f"{processed.name}-kept")
    processed.rename(kept)
    processed.mkdir()
    used = sum(file.stat().st_size + 8192 for file in kept.rglob("*")) // 1024
    command = ["mount", "-t", "tmpfs", "-o", f"size={used + 64}k", "tmpfs", str(processed)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs")
    try:
        shutil.copytree(kept, processed, dirs_exist_ok=True)
        before = shop.rows("events")
        # WHEN
        shop.put("rees46", "events", "3.csv", lines(3, rows=20_000), day="2026-01-03")
        with pytest.raises(Exception, match=r"(?s)No space left") as failure:
            run(shop, "conform")
        log.info("disk full: %s", type(failure.value).__name__)
        shop.spark.catalog.clearCache()
        assert shop.rows("events") == before
        # THEN
        subprocess.run(["mount", "-o", "remount,size=200m", str(processed)], check=True)
        run(shop, *BATCH)
        assert_tables_equal_raw(shop)
    finally:
        subprocess.run(["umount", str(processed)], check=True)
        shutil.rmtree(kept)


def test_deleted_and_damaged_files_are_rebuilt_by_a_full_run(shop: Shop) -> None:
    run(shop, *BATCH)
    files = sorted(
        file for zone in ("processed", "curated") for file in shop.folder(zone).rglob("*.parquet") if "etl_" not in str(file)
    )
    deleted, damaged = random.Random(SEED).sample(files, 2)
    deleted.unlink()
    damaged.write_bytes(damaged.read_bytes()[:100])
    log.info("deleted %s, damaged %s", deleted.relative_to(shop.root), damaged.relative_to(shop.root))
    shop.spark.catalog.clearCache()
    shop.conform("rees46", "--full=true")
    shop.build("rees46", "--full=true")
    assert_tables_equal_raw(shop)


def test_a_moved_lake_goes_on_where_it_was(shop: Shop, tmp_path: Path) -> None:
    for zone in ZONES:
        shutil.copytree(shop.folder(zone), tmp_path / "s3" / f"shoplake-{zone}" / shop.name)
    process = start_jobs(tmp_path, BATCH, shop.arguments("--source", "rees46"))
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors[-2000:]
    assert_tables_equal_raw(shop, tmp_path)


@is_root
def test_a_lake_moved_to_another_user_goes_on_where_it_was(shop: Shop) -> None:
    """Another path, another owner, and new times of all raw files, as a copy without times makes them."""
    root = Path(tempfile.mkdtemp(prefix="moved-"))
    root.chmod(0o755)
    try:
        for zone in ZONES:
            place = root / "s3" / f"shoplake-{zone}" / shop.name
            shutil.copytree(shop.folder(zone), place, copy_function=shutil.copyfile)
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(root)], check=True)
        process = start_jobs(root, BATCH, shop.arguments("--source", "rees46"), user=NOBODY)
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors[-2000:]
        assert_tables_equal_raw(shop, root)
    finally:
        shutil.rmtree(root)


def test_two_runs_at_once_and_one_rerun_lose_and_double_nothing(shop: Shop) -> None:
    first, second = (start_jobs(shop.root, ["conform"], shop.arguments("--source", "rees46")) for _ in range(2))
    for number, process in enumerate((first, second)):
        _, errors = process.communicate(timeout=600)
        log.info("run %d ended with %d %s", number, process.returncode, errors.strip().rpartition("\n")[2][:200])
    run(shop, *BATCH)
    assert_tables_equal_raw(shop)


@pytest.mark.parametrize("years", [-3, 40])
def test_a_clock_that_jumps_for_one_run_hides_no_change(shop: Shop, monkeypatch: pytest.MonkeyPatch, years: int) -> None:
    with monkeypatch.context() as jumped:
        jumped.setattr(ledger, "_now", lambda: datetime.now(UTC) + timedelta(days=365 * years))
        run(shop, *BATCH)
    shop.put("rees46", "events", "3.csv", lines(3), day="2026-01-03")
    run(shop, *BATCH)
    assert_tables_equal_raw(shop)


def test_an_order_edited_three_times_across_files_has_its_last_version(
    spark: SparkSession, lake_root: Path, tmp_path: Path
) -> None:
    # GIVEN a shop whose order lines have versions
    sources = tmp_path / "sources"
    shutil.copytree(SHOP_SOURCE, sources / "shop")
    settings = sources / "shop" / "source.yaml"
    text = settings.read_text()
    added = {
        "    records: order_items": "    newest: {of: order_id, by: edited}",
        "      line_no: {}": "      edited: {type: int}",
    }
    for line, more in added.items():
        text = text.replace(f"{line}\n", f"{line}\n{more}\n")
    settings.write_text(text)
    shop = Shop(spark, lake_root, "drill-edited", sources=sources, only_marts=("fct_order_items",))
    header = (
        "order_id,line_no,edited,ordered_at,line_type,product_id,product_name,quantity,unit_price,customer_id,country,session_id"
    )
    # WHEN each version arrives in a file of its own, and a run fails at its storage
    for edited, quantities in enumerate(([3, 1, 2], [3, 5], [4], [7, 7, 1])):
        rows = [f"o1,{n},{edited},2025-03-01T10:00:00Z,sale,p{n},Mug,{q},2.50,c1,DE,s1" for n, q in enumerate(quantities)]
        other = f"o2-{edited},0,0,2025-03-01T11:00:00Z,sale,p1,Mug,1,2.50,c2,DE,s2"
        shop.put(
            "shop",
            "order_lines",
            f"order_lines-{edited}.csv",
            [header, *rows, other],
            day=f"2026-01-0{edited + 1}",
        )
        spark.catalog.clearCache()
        if edited == 2:
            with storage_down_after(1), pytest.raises(StorageDown):
                shop.conform("shop")
        shop.conform("shop")
        shop.build("shop")
    # THEN
    spark.catalog.clearCache()
    expected = [(f"o1/{n}", q) for n, q in enumerate([7, 7, 1])] + [(f"o2-{n}/0", 1) for n in range(4)]
    assert shop.rows("order_items", "order_item_id", "quantity") == expected
    assert shop.rows("fct_order_items", "order_item_id", "quantity") == expected
    assert shop.differences(source="shop") == []


def test_thousands_of_days_and_of_small_files_are_loaded_once(spark: SparkSession, lake_root: Path) -> None:
    """DAYS partitions by day from a file each; a run with one more file leaves the others as they are."""
    shop = Shop(spark, lake_root, "drill-days", grain="day", only_marts=MARTS)
    for number in range(DAYS):
        time_ = f"{datetime(2006, 1, 1) + timedelta(days=number)}"
        kind = "purchase" if number % 9 == 0 else "view"
        shop.put("rees46", "events", f"{number}.csv", [REES46_HEADER, event(time_, kind, "p1", session=f"s{number}")])
    run(shop, *BATCH)
    shop.put("rees46", "events", "more.csv", lines(4), day="2026-01-02")
    run(shop, *BATCH)
    assert_tables_equal_raw(shop)
