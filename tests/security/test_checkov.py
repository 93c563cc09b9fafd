"""checkov's findings in the templates are exactly those that accepted.yaml lists with a reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from stacks.config import LakeConfig
from tests.support.deployments import EVERYTHING, Deployment, deploy

HERE = Path(__file__).parent
CHECKOV = HERE.parents[1] / ".venv-security" / "bin" / "checkov"
VARIANTS = {"dev": {}, "prod": EVERYTHING}
Finding = tuple[str, str]


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> list[Deployment]:
    return [
        deploy(LakeConfig.load(env=env, overrides=overrides), tmp_path_factory.mktemp(env)) for env, overrides in VARIANTS.items()
    ]


def findings(deployments: list[Deployment], folder: Path) -> set[Finding]:
    """Check and construct path of every finding; checkov reads the templates in `folder`, offline."""
    paths: dict[tuple[str, str], str] = {}
    for deployment in deployments:
        paths |= _paths(deployment)
        for template in deployment.folder.glob("*.template.json"):
            shutil.copy(template, folder)
    run = subprocess.run(
        [CHECKOV, "-d", folder, "--framework", "cloudformation", "-o", "json", "--compact", "--quiet", "--skip-download"],
        env=os.environ | {"HOME": str(folder), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 300
    return {
        (failed["check_id"], paths[Path(failed["file_path"]).name, failed["resource"].split(".")[-1]])
        for failed in report["results"]["failed_checks"]
    }


def _paths(deployment: Deployment) -> dict[tuple[str, str], str]:
    """The construct path, such as storage/Raw, by template and logical id."""
    prefix = deployment.config.prefix
    return {
        (f"{prefix}-{stack}.template.json", id_): resource.get("Metadata", {})
        .get("aws:cdk:path", f"{prefix}-{stack}/{id_}")
        .removeprefix(f"{prefix}-")
        .removesuffix("/Resource")
        for stack, content in deployment.content.items()
        for id_, resource in content["Resources"].items()
    }


def test_checkovs_findings_are_exactly_the_accepted_ones(deployments: list[Deployment], tmp_path: Path) -> None:
    accepted = yaml.safe_load((HERE / "accepted.yaml").read_text())
    assert all(len(entry["reason"].split()) >= 6 for entry in accepted)

    assert findings(deployments, tmp_path) == {(entry["check"], entry["resource"]) for entry in accepted}
