"""The numpy and scipy under test are the intended ones: those of the lock, or with `make test-glue` those of Glue."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import numpy as np
import scipy

PROJECT = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))


def test_numpy_and_scipy_have_the_versions_of_the_environment() -> None:
    glue = os.environ.get("GLUE_LIBRARIES")
    pinned = PROJECT["dependency-groups"][glue] if glue else PROJECT["project"]["dependencies"]
    assert {f"numpy=={np.__version__}", f"scipy=={scipy.__version__}"} <= set(pinned)
