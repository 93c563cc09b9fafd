"""`shoplake verify`: each kind of difference is named, and the command that it names heals it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from contracts.errors import BusyError
from glue_jobs import conform, profiling
from glue_jobs.lib.lake.job_metrics import emit_metrics
from tests.support.faults import DAMAGES
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

OCTOBER = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:02:00", "teleport", "p1")]
NOVEMBER = [REES46_HEADER, *[event(f"2019-11-05 09:00:0{n}", "purchase", "p2", session=f"s{n}") for n in range(5)]]
DECEMBER = [REES46_HEADER, event("2019-12-01 09:00:00", "purchase", "p3", session="s9")]
PROFILED = "shoplake analyze profiling"


@pytest.fixture(scope="module")
def built(spark: SparkSession, lake_root: Path) -> Shop:
    shop = Shop(spark, lake_root, "verified", only_marts=("fct_sessions", "session_daily"))
    for number, lines in enumerate((OCTOBER, NOVEMBER)):
        shop.put("rees46", "events", f"{number}.csv", lines)
        heal(shop, "shoplake run")
    profiling.main(shop.arguments("--source", "rees46"))
    shop.keep()
    return shop


@pytest.fixture
def shop(built: Shop) -> Shop:
    """The clean lake."""
    built.restore()
    return built


def heal(shop: Shop, command: str) -> None:
    """What the command does, without starting the local stack."""
    shop.spark.catalog.clearCache()
    for part in command.split(" && "):
        program, _, rest = part.partition(" ")
        if program == "rm":
            subprocess.run(part, shell=True, check=True)
            continue
        options = [f"--{name}=true" for name in ("full", "drop_missing") if f"--{name.replace('_', '-')}" in rest]
        if rest.startswith("analyze"):
            assert rest.split()[1] == "profiling"
            profiling.main(shop.arguments("--source", "rees46", *options))
        else:
            shop.conform("rees46", *options)
            shop.build("rees46", *[option for option in options if "full" in option])


def first(shop: Shop, zone: str, pattern: str) -> Path:
    return min(shop.folder(zone).glob(pattern))


def rewrite(file: Path, query: str) -> None:
    """Another content for a Parquet file: `query` selects from its rows."""
    other = file.with_name(f"_{file.name}")
    duckdb.sql(f"copy ({query.format(rows=f'''read_parquet('{file}', hive_partitioning = false)''')}) to '{other}'")
    other.replace(file)
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)


def same_size(shop: Shop) -> None:
    """Other bytes in a raw file, with its size and its time."""
    file = first(shop, "raw", "rees46/events/*/1.csv")
    times = (file.stat().st_atime, file.stat().st_mtime)
    file.write_text(file.read_text().replace("p2", "p7"))
    os.utime(file, times)


def newer(shop: Shop) -> None:
    os.utime(first(shop, "raw", "rees46/events/*/0.csv"))


def changed_mart(shop: Shop) -> None:
    file = shop.root / "marts" / shop.name / "session_daily.sql"
    file.write_text(f"{file.read_text()}\n-- changed\n")


def staged(shop: Shop, zone: str, job: str) -> None:
    file = shop.folder(zone) / "_staging" / job / "20190101T000000000000Z-abc123" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1")


def stray(shop: Shop, zone: str, place: str) -> None:
    path = shop.folder(zone) / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PAR1")


def removed(zone: str, pattern: str) -> Callable[[Shop], None]:
    def remove(shop: Shop) -> None:
        path = first(shop, zone, pattern)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def damaged(zone: str, pattern: str, how: str) -> Callable[[Shop], None]:
    return lambda shop: DAMAGES[how](first(shop, zone, pattern))


EVENTS = "events/source=rees46/period=2019-11"
PART = "events/source=rees46/period=2019-11/*.parquet"
# By kind: the fault, the command, and a part of what is said about it.
KINDS: dict[str, tuple[Callable[[Shop], Any], str, str]] = {
    "new raw file": (
        lambda shop: shop.put("rees46", "events", "2.csv", DECEMBER),
        "shoplake run",
        "2.csv: no run has seen this file",
    ),
    "changed raw file": (
        lambda shop: shop.put("rees46", "events", "1.csv", NOVEMBER[:3]),
        "shoplake run",
        "bytes; it had ",
    ),
    "raw file with a later time": (newer, "shoplake run", "0.csv: has another time of change"),
    "raw file with other bytes (deep)": (same_size, "shoplake run --full", "1.csv: has other bytes than when it was loaded"),
    "missing raw file": (
        removed("raw", "rees46/events/*/1.csv"),
        "shoplake run --drop-missing",
        "1.csv: was loaded and is gone",
    ),
    "lost partition": (
        removed("processed", EVENTS),
        "shoplake run",
        "events/2019-11: 5 rows written, and the partition is gone",
    ),
    "lost quarantine": (removed("processed", "quarantine"), "shoplake run", ": 1 row written, and the partition is gone"),
    "lost mart": (removed("curated", "session_daily"), "shoplake run", "session_daily/rees46: 2 rows written"),
    "lost analysis": (removed("curated", "column_profile"), PROFILED, "column_profile/rees46: "),
    "fewer rows": (
        lambda shop: rewrite(first(shop, "processed", PART), "from {rows} limit 3"),
        "shoplake run --full",
        "events/2019-11: 5 rows written, and the files hold 3",
    ),
    "more files": (
        lambda shop: shutil.copy(first(shop, "processed", PART), first(shop, "processed", EVENTS) / "part-00009.parquet"),
        "shoplake run --full",
        "events/2019-11: 5 rows written, and the files hold 10",
    ),
    "partition of nobody": (
        lambda shop: shutil.copytree(shop.folder("processed") / EVENTS, shop.folder("processed") / EVENTS.replace("11", "03")),
        "shoplake run --full",
        "events/2019-03: holds 5 rows that no run recorded",
    ),
    "missing column": (
        lambda shop: rewrite(first(shop, "processed", PART), "select * exclude (price) from {rows}"),
        "shoplake run --full",
        "lacks the column price",
    ),
    "damaged table": (
        damaged("processed", PART, "no magic"),
        "shoplake run --full",
        "Parquet file is damaged (",
    ),
    "damaged page (deep)": (
        damaged("processed", PART, "damaged page"),
        "shoplake run --full",
        "Parquet file is damaged (",
    ),
    "empty mart": (damaged("curated", "session_daily/*/*.parquet", "empty"), "shoplake run --full", "is empty (zero bytes)"),
    "damaged analysis": (
        damaged("curated", "table_profile/*/*.parquet", "truncated"),
        f"{PROFILED} --full",
        "Parquet file is damaged (",
    ),
    "damaged ledger": (damaged("processed", "etl_files/*/*/*.parquet", "truncated"), "shoplake run", "Parquet file is damaged ("),
    "lost ledger": (removed("processed", "etl_files"), "shoplake run", "0.csv: no run has seen this file"),
    "lost run history": (removed("processed", "etl_runs"), "shoplake run", "which the run history lacks"),
    "ledger without a column": (
        lambda shop: rewrite(first(shop, "processed", "etl_files/*/*/*.parquet"), "select * exclude (reason) from {rows}"),
        "shoplake run --full",
        "lacks the column reason",
    ),
    "stale marts": (
        lambda shop: (shop.put("rees46", "events", "2.csv", DECEMBER), shop.conform("rees46")),
        "shoplake run",
        "fct_sessions: is older than events, which it reads",
    ),
    "changed mart": (
        changed_mart,
        "shoplake run",
        "session_daily: its SQL or a contract changed since it was built",
    ),
    "stray file": (
        lambda shop: stray(shop, "curated", "session_daily/source=rees46/copy of part-00000.parquet"),
        "rm ",
        "no job writes this file of session_daily",
    ),
    "table of nobody": (
        lambda shop: stray(shop, "processed", "order_lines/source=rees46/part-00000.parquet"),
        "rm -r ",
        "no table has this name",
    ),
    "table that the source does not fill": (
        lambda shop: shutil.copytree(
            shop.folder("processed") / "events", shop.folder("processed") / "inventory", copy_function=shutil.copy
        ),
        "rm -r ",
        "rees46 no longer fills inventory",
    ),
    "interrupted run": (lambda shop: staged(shop, "processed", "conform"), "shoplake run", "an interrupted run left files here"),
    "interrupted analysis": (lambda shop: staged(shop, "curated", "profiling"), PROFILED, "an interrupted run left files here"),
    "staging of an earlier version": (
        lambda shop: staged(shop, "curated", "20190101T000000000000Z-abc123"),
        "rm -r ",
        "an interrupted run left files here",
    ),
    "file without a day": (
        lambda shop: stray(shop, "raw", "rees46/events/loose.csv"),
        "rm ",
        "is not in a folder ingest_date=",
    ),
    "kind of nobody": (lambda shop: stray(shop, "raw", "rees46/visits/a.csv"), "rm -r ", "rees46 has no file kind visits"),
}


def assert_tables_equal_raw(shop: Shop) -> None:
    """DuckDB's own counts of the raw files."""
    raw = duckdb.read_csv(str(shop.folder("raw") / "rees46/events/ingest_date=*/*.csv"), all_varchar=True)
    assert raw is not None
    count = duckdb.sql(
        "select count(*) filter (event_type <> 'teleport'), count(*) filter (event_type = 'teleport'), "
        "count(distinct user_session) filter (event_type <> 'teleport') from raw"
    ).fetchall()[0]
    shop.spark.catalog.clearCache()
    assert count == tuple(len(shop.rows(table)) for table in ("events", "quarantine", "fct_sessions"))
    products = duckdb.sql("select distinct product_id from raw where event_type <> 'teleport' order by 1").fetchall()
    assert sorted(set(shop.rows("events", "product_id"))) == products


def test_a_clean_lake_has_no_differences(shop: Shop) -> None:
    assert shop.differences(deep=True) == []
    assert_tables_equal_raw(shop)


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_a_difference_is_named_and_its_command_heals_it(shop: Shop, kind: str) -> None:
    fault, command, said = KINDS[kind]
    deep = "(deep)" in kind
    fault(shop)
    # WHEN
    differences = shop.differences(deep=deep)
    # THEN
    named = [one for one in differences if said in f"{one.place}: {one.problem}"]
    assert named, differences
    assert named[0].remedy.startswith(command)
    assert command.startswith("rm") or named[0].remedy == command
    heal(shop, named[0].remedy)
    # Marts that follow make the analyses stale, which is said, with a command of its own.
    left = shop.differences(deep=deep)
    assert {one.remedy for one in left} <= {PROFILED}
    assert all("is older than" in one.problem for one in left)
    if left:
        heal(shop, PROFILED)
        assert shop.differences(deep=deep) == []
    assert_tables_equal_raw(shop)


def test_what_the_live_path_keeps_in_raw_is_no_difference(shop: Shop) -> None:
    # Its rejected events are the only copy of what a shop sent.
    for folder in ("rejected", "undelivered", "aws"):
        stray(shop, "raw", f"{folder}/ingest_date=2026-01-01/a.ndjson.gz")
    assert shop.differences() == []


def test_a_run_of_all_sources_names_the_folders_that_nobody_reads(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN files in folders that a typing error has made, and of the live path
    for place in ("reees46/events/a.csv", "rees46/evnts/a.csv", "rejected/a.ndjson.gz"):
        stray(shop, "raw", place)
    # WHEN
    emit_metrics("conform", conform.main, shop.arguments())
    # THEN
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"shoplake": "notice"')]
    raw = f"s3://shoplake-raw/{shop.name}"
    assert [line for line in lines if line.get("source", "rees46") == "rees46"] == [
        {"shoplake": "notice", "job": "conform", "notice": lines[0]["notice"]},
        {
            "shoplake": "notice",
            "job": "conform",
            "source": "rees46",
            "notice": f"{raw}/rees46/evnts: rees46 has no file kind evnts, so this is not read; its kinds: events.",
        },
    ]
    assert lines[0]["notice"].startswith(f"{raw}/reees46: no source has this name, so its files are not read; known sources: ")


def test_a_lake_in_use_is_not_checked(shop: Shop) -> None:
    with shop.local_lake().locked("run", wait=False), pytest.raises(BusyError):
        shop.differences()
