"""A run that dies at any moment (SIGKILL) is repaired by the next run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.kept_shops import KeptShops
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.crash, pytest.mark.usefixtures("interpreted")]

FIRST = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:01:00", "purchase", "p1")]
SECOND = [
    REES46_HEADER,
    event("2019-10-07 11:00:00", "purchase", "p2", session="s2"),
    event("2019-11-01 09:00:00", "view", "p3", session="s3"),
    event("2019-11-01 09:00:00", "fly", "p3", session="s3"),
]
CURATED = ("dim_customer", "fct_order_items", "fct_product_activity", "fct_sessions")
TABLES = ("events", "order_items", "orders", "products", "quarantine", *CURATED)
TIMELESS = {"quarantine": ("raw_text", "rules", "line_number", "table_name")}

# All lakes have one place, since ledgers name raw files by their place.
NAME = "killed"

# By moment: the method that kills its process, and after how many calls.
DEATHS = {
    "staged but not committed": ("glue_jobs.lib.lake.commit.Committer.commit", 0),
    "committed but nothing in place": ("glue_jobs.lib.lake.commit.Committer._apply", 0),
    "some files in place, others not": ("glue_jobs.lib.lake.storage.Storage.move", 4),
    "conform done, marts half built": ("glue_jobs.lib.lake.commit.Committer._apply", 3),
}

# The process has a driver of its own and the tests' Java, which is warm: at these moments Java has nothing to do.
DYING = """
import json, os, signal, sys
from importlib import import_module
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession
from glue_jobs import conform, marts

target, calls, arguments = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
gateway = launch_gateway()
jvm = gateway.jvm
running = jvm.org.apache.spark.SparkContext.getOrCreate()
context = SparkContext(gateway=gateway, jsc=jvm.JavaSparkContext.fromSparkContext(running), conf=SparkConf(_jconf=running.conf()))
SparkSession(context, jvm.SparkSession.getDefaultSession().get())
module, owner, name = target.rsplit(".", 2)
cls = getattr(import_module(module), owner)
alive, left = getattr(cls, name), [calls]

def dying(*args, **kwargs):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return alive(*args, **kwargs)

setattr(cls, name, dying)
conform.main(arguments)
marts.main(arguments)
"""


def contents(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {table: shop.rows(table, *TIMELESS.get(table, ())) for table in TABLES}


@dataclass(frozen=True)
class Undisturbed:
    """What two runs lead to, and a copy of the lake between them."""

    result: dict[str, list[tuple[Any, ...]]]
    after_first: Path


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, lake_root: Path, kept_shops: KeptShops) -> Undisturbed:
    shop = Shop(spark, lake_root, NAME, only_marts=CURATED)

    def run(name: str, lines: list[str]) -> None:
        shop.put("rees46", "events", name, lines)
        shop.conform("rees46")
        shop.build("rees46")

    after_first = kept_shops.build(shop, "first", lambda: run("0.csv", FIRST))
    kept_shops.build(shop, "second", lambda: run("1.csv", SECOND))
    return Undisturbed(contents(shop), after_first)


QUICK = "some files in place, others not"


@pytest.mark.parametrize("moment", [pytest.param(moment, marks=[] if moment == QUICK else pytest.mark.full) for moment in DEATHS])
def test_the_next_run_gives_the_undisturbed_result(
    moment: str, spark: SparkSession, lake_root: Path, undisturbed: Undisturbed
) -> None:
    # GIVEN a lake with one file, and a second file whose run is killed
    shop = Shop(spark, lake_root, NAME, only_marts=CURATED)
    shop.load(undisturbed.after_first)
    shop.put("rees46", "events", "1.csv", SECOND)
    target, calls = DEATHS[moment]
    arguments = json.dumps(shop.arguments("--source", "rees46"))
    gateway = spark.sparkContext._gateway.java_parameters  # type: ignore[union-attr]  # only None before it starts
    died = subprocess.run(
        [sys.executable, "-c", DYING, target, str(calls), arguments],
        env=os.environ | {"PYSPARK_GATEWAY_PORT": str(gateway.port), "PYSPARK_GATEWAY_SECRET": gateway.auth_token},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    # WHEN the jobs run again
    spark.catalog.clearCache()
    shop.conform("rees46")
    shop.build("rees46")
    # THEN there is no trace of the crash
    assert contents(shop) == undisturbed.result
    assert not [file for file in (shop.folder("processed") / "_staging").rglob("*") if file.is_file()]
    assert not [file for file in (shop.folder("processed") / "_commits").rglob("*") if file.name.endswith(".json")]
