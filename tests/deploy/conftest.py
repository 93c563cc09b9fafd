"""The life of one account: deploy, change, destroy, deploy again. Each stage builds on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
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
    """A state of the account, and the CDK CLI's output on the way to it."""

    cloud: Cloud
    output: str = ""
    states: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def reached(cloud: Cloud, output: str) -> Stage:
        """The stage with the status of every stack at this moment, since later stages change it."""
        stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
        statuses = {stack["StackName"]: stack["StackStatus"] for stack in stacks if stack["StackName"] != "CDKToolkit"}
        return Stage(cloud, output, statuses)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of all stacks, by key."""
        stacks = self.cloud.client("cloudformation").describe_stacks()["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for stack in stacks for output in stack.get("Outputs", [])}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An empty account."""
    with running(tmp_path_factory.mktemp("cloud")) as account:
        yield account


@pytest.fixture(scope="session")
def deployed(cloud: Cloud) -> Stage:
    """The dev environment with default settings, by the README's command, without questions."""
    arguments = f"ARGS=--require-approval never --output {cloud.folder / 'made'}"
    return Stage.reached(cloud, cloud.make("deploy", "ENV=dev", arguments))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "changed.yaml"
    path.write_text(yaml.safe_dump(CHANGES))
    return path


@pytest.fixture(scope="session")
def changed(deployed: Stage, settings: Path) -> Stage:
    """The same stacks and two more, after a change of settings."""
    output = deployed.cloud.cdk("deploy", "--all", "--require-approval", "never", "-c", f"config={settings}")
    return Stage.reached(deployed.cloud, output)


@pytest.fixture(scope="session")
def destroyed(changed: Stage, settings: Path) -> Stage:
    """All stacks are destroyed, after an object was put into the raw zone."""
    changed.cloud.client("s3").put_object(Bucket=changed.outputs["RawBucket"], Key="shop/orders/1.csv", Body=b"1,2\n")
    return Stage.reached(changed.cloud, changed.cloud.cdk("destroy", "--all", "--force", "-c", f"config={settings}"))


@pytest.fixture(scope="session")
def redeployed(destroyed: Stage) -> Stage:
    """The dev environment deployed again, next to what the destroyed one left behind."""
    return Stage.reached(destroyed.cloud, destroyed.cloud.cdk("deploy", "--all", "--require-approval", "never"))


@pytest.fixture(scope="session")
def rolled_back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Another account, in which the first deploy has failed at the state machine, late in its stack."""
    with running(tmp_path_factory.mktemp("faulty")) as account:
        account.cdk("bootstrap")
        with account.fault("AWS::StepFunctions::StateMachine"), pytest.raises(AssertionError) as failure:
            account.cdk("deploy", "--all", "--require-approval", "never")
        yield Stage.reached(account, str(failure.value))


@pytest.fixture(scope="session")
def repaired(rolled_back: Stage) -> Stage:
    """The same account, deployed again without the fault."""
    return Stage.reached(rolled_back.cloud, rolled_back.cloud.cdk("deploy", "--all", "--require-approval", "never"))
