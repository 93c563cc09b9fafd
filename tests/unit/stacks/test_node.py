"""The CDK runs on the Node of the installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import node

ROOT = Path(__file__).parents[3]


@pytest.mark.full
def test_the_app_needs_no_system_node(tmp_path: Path) -> None:
    # GIVEN an empty PATH
    bare = {key: value for key, value in os.environ.items() if not key.startswith("JSII_")}
    bare |= {"PATH": str(tmp_path), "CDK_OUTDIR": str(tmp_path / "cdk.out")}
    # WHEN
    run = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    # THEN
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "cdk.out" / "shoplake-dev-storage.template.json").is_file()


def test_npm_and_its_packages_use_the_same_node() -> None:
    environment = node.environment()
    version = subprocess.run(
        [*node.npm(), "--version"], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )

    assert version.stdout.split(".")[0].isdigit()
    assert Path(environment["JSII_NODE"]).is_file()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(environment["JSII_NODE"]).parent)
