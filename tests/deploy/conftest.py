"""One account's life: deployed into, changed, and left again; each stage comes after those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.cloud import Cloud, running

PREFIX = "shoplake-dev"
CHANGES: dict[str, Any] = {
    "networking": "private",
    "govern": True,
    "data_events": True,
    "jobs": {"workers": 4},
    "schedule": {"enabled": True, "cron": "30 3 * * ? *", "timezone": "Europe/Berlin"},
    "budget": {"monthly_usd": 50, "emails": ["owner@example.com"]},
    "retention": {"logs": 14},
}


@dataclass(frozen=True)
class Stage:
    """A state of the account, and what the CDK's command line said on the way to it."""

    cloud: Cloud
    said: str = ""

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the stacks tell, by key."""
        stacks = self.cloud.client("cloudformation").describe_stacks()["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for stack in stacks for output in stack.get("Outputs", [])}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An empty account."""
    with running(tmp_path_factory.mktemp("cloud")) as account:
        yield account


@pytest.fixture(scope="session")
def deployed(cloud: Cloud) -> Stage:
    """The dev environment as it comes, by what the README says to type; nobody is there to answer questions."""
    arguments = f"ARGS=--require-approval never --output {cloud.folder / 'made'}"
    return Stage(cloud, cloud.make("deploy", "ENV=dev", arguments))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "changed.yaml"
    path.write_text(yaml.safe_dump(CHANGES))
    return path


@pytest.fixture(scope="session")
def changed(deployed: Stage, settings: Path) -> Stage:
    """The same stacks and two more, after a change of settings."""
    said = deployed.cloud.cdk("deploy", "--all", "--require-approval", "never", "-c", f"config={settings}")
    return Stage(deployed.cloud, said)


@pytest.fixture(scope="session")
def destroyed(changed: Stage, settings: Path) -> Stage:
    """What is left when all stacks are gone; an object was in the raw zone."""
    changed.cloud.client("s3").put_object(Bucket=changed.outputs["RawBucket"], Key="shop/orders/1.csv", Body=b"1,2\n")
    return Stage(changed.cloud, changed.cloud.cdk("destroy", "--all", "--force", "-c", f"config={settings}"))
