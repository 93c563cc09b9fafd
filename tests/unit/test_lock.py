"""The locks hold what pyproject.toml and package.json ask for, hashed, and from no particular host."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
REMEDY = "run `make lock` and commit the locks"
# Lock by the dependency groups that it holds beside the project's own dependencies.
APART = {"requirements-deploy.lock": "deploy", "requirements-security.lock": "security"}
NODE_TOOLS = ("cdk", "powerbi")
LOCKS = ("requirements.lock", *APART)
HOST = re.compile(r"://|--(index|extra-index|find-links|trusted)")

Pins = dict[str, str]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def entries(lock: str) -> dict[str, str]:
    """A lock's text, by package."""
    blocks = re.split(r"^(?=\w)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    return {block.split("==")[0]: block for block in blocks}


def direct(lock: str) -> Pins:
    """What a lock holds because the project asks for it, not because another package needs it."""
    own = {name: text for name, text in entries(lock).items() if "shoplake" in text}
    return {name: re.match(r"\S+==(\S+)", text)[1] for name, text in own.items()}


def pins(requirements: list[str]) -> Pins:
    pins = [re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([0-9.]+)", each) for each in requirements]
    assert all(pins), "pin exactly: name==version"
    return {match[1]: match[2] for match in pins}


def asked(project: dict[str, Any]) -> Pins:
    return pins(project["project"]["dependencies"]) | pins(project["dependency-groups"]["dev"])


def test_the_lock_pins_what_the_project_asks_for(project: dict[str, Any]):
    assert direct("requirements.lock") == asked(project), REMEDY


@pytest.mark.parametrize("lock", APART)
def test_a_lock_apart_pins_what_its_group_asks_for(project: dict[str, Any], lock: str):
    wanted = pins(project["dependency-groups"][APART[lock]])
    held = {name: re.match(r"\S+==(\S+)", text)[1] for name, text in entries(lock).items()}
    assert wanted.items() <= held.items(), REMEDY


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_hashed(lock: str):
    assert [name for name, text in entries(lock).items() if "--hash=sha256:" not in text] == [], REMEDY


@pytest.mark.parametrize("lock", [*LOCKS, *(f"tools/{tool}/package-lock.json" for tool in NODE_TOOLS)])
def test_a_lock_names_no_host(lock: str):
    assert not HOST.search((ROOT / lock).read_text()), REMEDY


@pytest.mark.parametrize("tool", NODE_TOOLS)
def test_a_tool_of_node_is_pinned_and_hashed(tool: str):
    asked_for = json.loads((ROOT / f"tools/{tool}/package.json").read_text())["devDependencies"]
    held = json.loads((ROOT / f"tools/{tool}/package-lock.json").read_text())["packages"]
    assert {f"node_modules/{name}": version for name, version in asked_for.items()} == {
        path: package["version"] for path, package in held.items() if path
    }
    assert all(package["integrity"].startswith("sha512-") for path, package in held.items() if path), REMEDY


def test_the_project_is_built_by_the_locked_setuptools(project: dict[str, Any]):
    assert project["build-system"]["requires"] == [f"setuptools=={asked(project)['setuptools']}"]
