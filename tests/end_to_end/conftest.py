"""Fixtures of the end-to-end tests: where the data sets are, and the analyses of a module's `source`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

for checks in ("segment", "recommendation", "value", "profile", "scan"):
    pytest.register_assert_rewrite(f"tests.end_to_end.{checks}_checks")

from tests.end_to_end.lake import CheckedSource  # noqa: E402 - after the rewriting of assertions is registered
from tests.end_to_end.recommendation_checks import recommend  # noqa: E402
from tests.end_to_end.segment_checks import segment  # noqa: E402
from tests.support.lake_builder import LakeBuilder  # noqa: E402
from tests.support.lake_cache import LakeCache  # noqa: E402

DATA = Path(__file__).parents[2].parent / "shared/data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """A function from a data set's name to its folder; it skips the test if this machine does not have the set."""

    def folder(name: str) -> Path:
        path = Path(os.environ.get("SHOPLAKE_SHARED_DATA") or DATA) / name
        if not path.is_dir():
            pytest.skip(f"the data set {name} is not on this machine (set SHOPLAKE_SHARED_DATA to the folder that contains it)")
        return path

    return folder


@pytest.fixture(scope="session")
def builder(request: pytest.FixtureRequest, lake_root: Path, lake_cache: LakeCache) -> LakeBuilder:
    """Builds lakes with this process' Spark session, which only starts if the cache lacks a lake."""
    return LakeBuilder(lake_root, lake_cache, start_spark=lambda: request.getfixturevalue("spark"))


@pytest.fixture(scope="module")
def segmented(source: CheckedSource, builder: LakeBuilder) -> CheckedSource:
    return segment(builder, source)


@pytest.fixture(scope="module")
def recommended(source: CheckedSource, builder: LakeBuilder) -> CheckedSource:
    return recommend(builder, source)


@pytest.fixture(scope="module")
def valued(source: CheckedSource, builder: LakeBuilder) -> CheckedSource:
    source.analyze(builder, "value")
    return source


@pytest.fixture(scope="module")
def profiled(source: CheckedSource, builder: LakeBuilder) -> CheckedSource:
    source.analyze(builder, "profiling")
    return source
