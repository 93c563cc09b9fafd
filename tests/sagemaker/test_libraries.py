"""These tests run on the libraries that requirements-sagemaker.lock names, not on our own."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "requirements-sagemaker.lock"


@pytest.mark.parametrize(
    ("package", "module"), [("numpy",) * 2, ("pandas",) * 2, ("pyarrow",) * 2, ("scipy",) * 2, ("scikit-learn", "sklearn")]
)
def test_a_library_is_the_locked_one(package: str, module: str) -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))

    assert importlib.import_module(module).__version__ == locked[package]
