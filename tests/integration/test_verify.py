"""`shoplake verify`: each kind of difference is named, and the command that it names heals it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from contracts.errors import BusyError
from glue_jobs import conform, profiling
from glue_jobs.lib.lake.job_metrics import emit_metrics
from offline.lake.verify import Difference
from tests.support.kept_shops import KeptShops
from tests.support.lake_faults import KINDS, NOVEMBER, OCTOBER, PROFILED, stray
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.fixture(scope="module")
def built(spark: SparkSession, lake_root: Path, kept_shops: KeptShops) -> Shop:
    shop = Shop(spark, lake_root, "verified", only_marts=("fct_sessions", "session_daily"))

    def build() -> None:
        for number, lines in enumerate((OCTOBER, NOVEMBER)):
            shop.put("rees46", "events", f"{number}.csv", lines)
            heal(shop, "shoplake run")
        profiling.main(shop.arguments("--source", "rees46"))

    kept_shops.build(shop, "built", build)
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
    left = shop.differences(deep=deep)
    assert_only_analyses_are_stale(left)
    assert not (left and command.startswith(PROFILED))
    assert_tables_equal_raw(shop)


def assert_only_analyses_are_stale(left: list[Difference]) -> None:
    assert {one.remedy for one in left} <= {PROFILED}
    assert all("is older than" in one.problem for one in left)


@pytest.mark.full
def test_analyses_follow_marts_by_a_command_of_their_own(shop: Shop) -> None:
    # GIVEN marts that a run with a new file has built
    KINDS["new raw file"][0](shop)
    heal(shop, "shoplake run")
    left = shop.differences(deep=True)
    assert left
    assert_only_analyses_are_stale(left)
    # WHEN
    heal(shop, PROFILED)
    # THEN
    assert shop.differences(deep=True) == []


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
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"shoplake": ')]
    lines = [line for line in written if line["shoplake"] == "notice"]
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
    # THEN the alarm's metric counts them; the largest of the sources is sent
    unread = {line["source"]: line["value"] for line in written if line["shoplake"] == "figure"}
    assert unread["rees46"] == 2
    assert {value for source, value in unread.items() if source != "rees46"} == {1}


def test_a_lake_in_use_is_not_checked(shop: Shop) -> None:
    with shop.local_lake().locked("run", wait=False), pytest.raises(BusyError):
        shop.differences()
