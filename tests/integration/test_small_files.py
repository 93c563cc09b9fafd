"""What many small raw files and many past runs cost: opens, calls and files, not seconds."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.lake import ledger
from tests.support.counted_storage import counted_storage
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

BUCKETS = ("shoplake-raw", "shoplake-processed")
# Spark reads a file's lines once to count them, once to parse them, and new files once to find their periods.
SCANS = 2


def put(shop: Shop, day: int, number: int) -> Path:
    lines = [REES46_HEADER, event(f"2019-10-{day:02d} 10:00:{number:02d}", "view", "p1", session=f"s{day}-{number}")]
    return shop.put("rees46", "events", f"{day}-{number}.csv", lines, day=f"2019-10-{day:02d}")


def raw_opens(opens: Counter[str]) -> dict[str, int]:
    return {Path(path).name: count for path, count in sorted(opens.items()) if path.endswith(".csv")}


@pytest.mark.full
def test_a_run_opens_new_files_and_those_of_the_same_day(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN a lake by day with 40 files of each of three days
    shop = Shop(spark, lake_root, "small", grain="day")
    for day in (1, 2, 3):
        for number in range(40):
            put(shop, day, number)
    with counted_storage(spark, BUCKETS) as opens:
        shop.conform("rees46")
        # THEN the first run opens each once on the driver
        assert raw_opens(opens()) == {f"{day}-{number}.csv": 1 + SCANS for day in (1, 2, 3) for number in range(40)}
        # WHEN nothing is new THEN nothing is opened
        shop.conform("rees46")
        assert raw_opens(opens()) == {}
        # WHEN a file of another day arrives THEN only that is opened
        put(shop, 4, 0)
        shop.conform("rees46")
        assert raw_opens(opens()) == {"4-0.csv": 2 + SCANS}
        # WHEN a file of a day with one other arrives THEN Spark reads both; the driver knows the other's header
        put(shop, 4, 1)
        shop.conform("rees46")
        assert raw_opens(opens()) == {"4-0.csv": SCANS, "4-1.csv": 2 + SCANS}
    assert len(shop.rows("events")) == 122


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Counts the calls of the jobs' own functions, by name, in all threads."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, what: str, _argument: Any) -> None:
        if what == "call" and "/glue_jobs/" in frame.f_code.co_filename:
            calls[frame.f_code.co_qualname] += 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # None ends it


@pytest.mark.full
def test_the_driver_does_the_same_for_each_file(spark: SparkSession, lake_root: Path) -> None:
    """10,000 files cost minutes if each is compared with all the others."""
    calls = []
    # GIVEN 30 files, and twice and four times as many
    for days in (1, 2, 4):
        shop = Shop(spark, lake_root, f"calls-{days}")
        for day in range(1, days + 1):
            for number in range(30):
                put(shop, day, number)
        # WHEN
        with counted_calls() as counted:
            shop.conform("rees46")
        calls.append(counted)
    # THEN a function is not called more than twice as often for twice as many more files
    one, two, four = calls
    grown = {name: (two[name] - one[name], count - two[name]) for name, count in four.items()}
    assert {name: (first, then) for name, (first, then) in grown.items() if then > 2.5 * max(first, 20)} == {}


@pytest.mark.full
def test_files_of_the_ledger_are_merged(spark: SparkSession, lake_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN that three files of one period are many
    monkeypatch.setattr(ledger, "COMPACTED_AT", 3)
    shop = Shop(spark, lake_root, "merged")

    def run(number: int) -> str:
        put(shop, 1, number)
        return shop.conform("rees46").run_id

    def files() -> list[list[str]]:
        folders = (shop.folder("processed") / table for table in ("etl_runs", "etl_files"))
        return [sorted(file.name for file in folder.rglob("*.parquet")) for folder in folders]

    # WHEN a fourth run finds three
    ids = [run(number) for number in range(3)]
    runs, raw = shop.rows("etl_runs"), shop.rows("etl_files")
    ids.append(run(3))
    # THEN they are one under the newest name, beside the new one, with all rows
    assert files() == [[f"run-{ids[2]}.parquet", f"run-{ids[3]}.parquet"]] * 2
    assert [row for row in shop.rows("etl_runs") if ids[3] not in map(str, row)] == runs
    assert [row for row in shop.rows("etl_files") if ids[3] not in map(str, row)] == raw
    # THEN the next run has nothing to do
    assert shop.conform("rees46").accounts == ()


@pytest.mark.full
def test_a_small_run_writes_one_file_per_period(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN a few kilobytes of six months, in several raw files, and a rejected line
    shop = Shop(spark, lake_root, "few")
    for number in range(3):
        lines = [event(f"2019-{7 + row % 6:02d}-07 10:{number:02d}:{row:02d}", "purchase", f"p{row}") for row in range(60)]
        shop.put("rees46", "events", f"{number}.csv", [REES46_HEADER, *lines, event("soon", "view", "p1")])
    # WHEN
    shop.conform("rees46")
    # THEN
    for table in ("events", "order_items"):
        files = Counter(file.parent.name for file in (shop.folder("processed") / table).rglob("*.parquet"))
        assert files == {f"period=2019-{month:02d}": 1 for month in range(7, 13)}, table
    assert len(shop.rows("events")) == 180
    assert len(shop.rows("quarantine")) == 3
