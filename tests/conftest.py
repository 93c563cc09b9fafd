"""For every test: no network, one small Spark session per process, and the order in which tests run."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import network_guard
import pytest
import typer.testing

import offline.twin.service_files  # noqa: F401 - importing it is enough
from tests.support.lake_cache import LakeCache
from tests.support.scheduling import OneSpark, uses_spark
from tests.support.spark_settings import SETTINGS, interpreted_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession
    from xdist.remote import Producer

GUARD = str(Path(network_guard.__file__).parent)
# Spark reads its map of buckets once per process, so all tests of a process share these three.
BUCKETS = ("shoplake-raw", "shoplake-processed", "shoplake-curated")
# The selection of `make test`.
QUICK = "not full"
WAITING = {"twin", "crash", "command"}

network_guard.install()
# Typer builds all commands again for each call of its runner.
typer.testing._get_command = cache(typer.testing._get_command)
# For a test's few rows Java's second compiler costs more time than it saves; without it, Java reserves too little room for code.
os.environ.setdefault("SHOPLAKE_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")
os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([GUARD, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]))


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail the test even if the code under test swallowed the guard's error."""
    before = len(network_guard.attempts)
    yield
    used = network_guard.attempts[before:]
    if used:
        pytest.fail(f"the test reached beyond 127.0.0.1: {'; '.join(used)}", pytrace=False)


@pytest.fixture(scope="session")
def lake_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this process' buckets: bucket `b` of BUCKETS is `lake_root / "s3" / b`."""
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="session")
def lake_cache(tmp_path_factory: pytest.TempPathFactory) -> LakeCache:
    """What earlier test runs have built."""
    cache = LakeCache.open(tmp_path_factory.getbasetemp())
    cache.prune()
    return cache


@pytest.fixture(scope="session")
def spark(lake_root: Path) -> Iterator[SparkSession]:
    """A small Spark session like Glue's (UTC, ANSI) on two cores. It writes to `lake_root` only."""
    from offline.twin.spark.session import session as start

    session = start({name: lake_root / "s3" / name for name in BUCKETS}, log=lake_root / "spark/spark.log", memory="2g")
    for key, value in SETTINGS.items():
        session.conf.set(key, value)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def interpreted(spark: SparkSession) -> Iterator[None]:
    """Interpret the plans of a module whose tests have few rows: compiling them would take most of the time."""
    with interpreted_plans(spark):
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start modules that mostly wait for other processes first, so that no worker is left waiting at the end.

    Of the quick tests, first all that one worker does with Spark, which keeps it busy to the end.
    """
    quick = _is_quick(config)
    items.sort(key=lambda item: (False, False) if quick and uses_spark(item.path) else (quick, _is_busy(item)))


def _is_busy(item: pytest.Item) -> bool:
    module = item.getparent(pytest.Module)
    return module is None or not any(mark.name in WAITING for mark in module.iter_markers())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneSpark | None:
    """The quick tests need one Spark, all tests one for each worker."""
    return OneSpark(config, log) if _is_quick(config) else None


def _is_quick(config: pytest.Config) -> bool:
    return bool(config.getoption("markexpr") == QUICK)
