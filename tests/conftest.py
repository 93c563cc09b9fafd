"""What every test has: no network, and one small Spark session per test process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import network_guard
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

GUARD = str(Path(network_guard.__file__).parent)
# Spark reads its map of buckets once per process, so all tests of a process share these three.
BUCKETS = ("shoplake-raw", "shoplake-processed", "shoplake-curated")
SETTINGS = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2"}
UNCOMPILED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}

network_guard.install()
# On a test's few rows Java's second compiler costs more than it gives back; without it, Java keeps too little room for code.
os.environ.setdefault("SHOPLAKE_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")
os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([GUARD, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]))


@pytest.fixture(autouse=True)
def _stays_on_this_machine() -> Iterator[None]:
    """Fails the test even if the code under test swallowed the guard's error."""
    before = len(network_guard.attempts)
    yield
    used = network_guard.attempts[before:]
    if used:
        pytest.fail(f"the test reached beyond 127.0.0.1: {'; '.join(used)}", pytrace=False)


@pytest.fixture(scope="session")
def lake_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this process' lake: bucket `b` is `lake_root / "s3" / b`, for the buckets of BUCKETS."""
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="session")
def spark(lake_root: Path) -> Iterator[SparkSession]:
    """A Spark like Glue's, small and silent: UTC, ANSI, two cores, its buckets and all that it writes in `lake_root`."""
    from offline.twin.spark.session import session as start  # noqa: PLC0415 - only tests that want Spark pay for loading it

    session = start({name: lake_root / "s3" / name for name in BUCKETS}, log=lake_root / "spark/spark.log", memory="2g")
    for key, value in SETTINGS.items():
        session.conf.set(key, value)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def uncompiled(spark: SparkSession) -> Iterator[None]:
    """For tests of few rows: plans are interpreted, since compiling them would take most of the test's time."""
    before = {key: spark.conf.get(key) for key in UNCOMPILED}
    for key, value in UNCOMPILED.items():
        spark.conf.set(key, value)
    yield
    for key, value in before.items():
        spark.conf.set(key, value)
