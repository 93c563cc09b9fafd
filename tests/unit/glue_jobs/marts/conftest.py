"""Every test starts with an empty lake; plans are interpreted, because compiling them takes longer than running a few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession


@pytest.fixture(autouse=True)
def _empty_lake(request: pytest.FixtureRequest) -> Iterator[None]:
    if "spark" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("interpreted")
    spark: SparkSession = request.getfixturevalue("spark")
    _forget(spark)
    yield
    _forget(spark)


def _forget(spark: SparkSession) -> None:
    spark.catalog.clearCache()
    for view in spark.sql("show views").collect():
        spark.catalog.dropTempView(view.viewName)
