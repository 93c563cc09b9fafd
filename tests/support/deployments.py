"""Synthesized deployments for the tests of the stacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stacks.config import LakeConfig
from tests.support.lazy import lazy

Template = lazy("aws_cdk.assertions", "Template")
build = lazy("stacks.lake", "build")
new_app = lazy("stacks.lake", "new_app")

# Every optional stack.
EVERYTHING = {
    "networking": "private",
    "govern": True,
    "encrypt_catalog": True,
    "data_events": True,
    "models": ["thelook"],
    "dashboard": {"enabled": True, "waf": True},
}


@dataclass(frozen=True)
class Deployment:
    """A synthesized app; stacks by short name, such as storage."""

    config: LakeConfig
    folder: Path

    @cached_property
    def content(self) -> dict[str, dict[str, Any]]:
        """Every template as plain values, by stack."""
        files = sorted(self.folder.glob("*.template.json"))
        prefix = f"{self.config.prefix}-"
        return {file.name.removeprefix(prefix).split(".")[0]: json.loads(file.read_text()) for file in files}

    def template(self, stack: str) -> Template:
        return Template.from_json(self.content[stack])

    def resources(self, kind: str, *, stack: str | None = None) -> list[dict[str, Any]]:
        """All resources of a CloudFormation type, in one stack or in all."""
        templates = [self.content[stack]] if stack else self.content.values()
        return [resource for content in templates for resource in content["Resources"].values() if resource["Type"] == kind]

    def state_machine(self, stack: str = "processing") -> dict[str, Any]:
        """The definition of the batch, or of another stack's machine, with references as text."""
        (machine,) = self.resources("AWS::StepFunctions::StateMachine", stack=stack)
        parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
        text = "".join(part if isinstance(part, str) else str(next(iter(part.values()))) for part in parts)
        states: dict[str, Any] = json.loads(text.replace("arn:AWS::Partition", "arn:aws"))
        return states


Synthesize = Callable[..., Deployment]


def deploy(config: LakeConfig, folder: Path) -> Deployment:
    """Synthesize a deployment into a folder, with all security rules enforced."""
    app = new_app(outdir=str(folder), context={"aws:cdk:enable-path-metadata": True})  # as the CDK CLI does
    build(app, config)
    app.synth()
    return Deployment(config, folder)
