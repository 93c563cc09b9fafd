"""requirements.lock holds what pyproject.toml asks for, hashed, and from no particular host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
REMEDY = "run `make lock` and commit requirements.lock"

Pins = dict[str, str]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def entries() -> dict[str, str]:
    """The lock's text, by package."""
    blocks = re.split(r"^(?=\w)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)[1:]
    return {block.split("==")[0]: block for block in blocks}


def pins(requirements: list[str]) -> Pins:
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", each) for each in requirements), "pin exactly: name==version"
    return dict(each.split("==") for each in requirements)


def asked(project: dict[str, Any]) -> Pins:
    return pins(project["project"]["dependencies"]) | pins(project["dependency-groups"]["dev"])


def test_the_lock_pins_what_the_project_asks_for(project: dict[str, Any], entries: dict[str, str]):
    direct = {name: text for name, text in entries.items() if "shoplake (pyproject.toml" in text}
    locked = {name: re.match(r"\S+==(\S+)", text)[1] for name, text in direct.items()}
    assert locked == asked(project), REMEDY


def test_every_package_is_hashed(entries: dict[str, str]):
    assert [name for name, text in entries.items() if "--hash=sha256:" not in text] == [], REMEDY


def test_the_lock_names_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|--(index|extra-index|find-links|trusted)", lock), REMEDY


def test_the_project_is_built_by_the_locked_setuptools(project: dict[str, Any]):
    assert project["build-system"]["requires"] == [f"setuptools=={asked(project)['setuptools']}"]
