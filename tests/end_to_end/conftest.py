"""Where the shared data is, and what the analyses make of the `source` of a module."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.end_to_end.analyses", "tests.end_to_end.profiles")

from tests.end_to_end.analyses import with_analyses  # noqa: E402 - after what is said of its assertions
from tests.end_to_end.lake import Checked, analyze  # noqa: E402

BESIDE = Path(__file__).parents[2].parent / "shared/data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Gives the folder of a data set, or skips the test where it is not on this machine."""

    def folder(name: str) -> Path:
        path = Path(os.environ.get("SHOPLAKE_SHARED_DATA") or BESIDE) / name
        if not path.is_dir():
            pytest.skip(f"the data set {name} is not here (SHOPLAKE_SHARED_DATA names the folder that has it)")
        return path

    return folder


@pytest.fixture(scope="module")
def analyzed(source: Checked, lake_root: Path) -> Checked:
    return with_analyses(lake_root, source)


@pytest.fixture(scope="module")
def valued(source: Checked, lake_root: Path) -> Checked:
    analyze(lake_root, source, "value")
    return source


@pytest.fixture(scope="module")
def profiled(source: Checked, lake_root: Path) -> Checked:
    analyze(lake_root, source, "profiling")
    return source
