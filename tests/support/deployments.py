"""Synthesized deployments for the tests of the stacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from offline.twin import synth
from stacks.config import LakeConfig
from tests.support.lake_cache import LakeCache, code_of, fingerprint
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
Templates = Callable[..., dict[str, dict[str, Any]]]


def deploy(config: LakeConfig, folder: Path) -> Deployment:
    """Synthesize a deployment into a folder, with all security rules enforced."""
    app = new_app(outdir=str(folder), context={"aws:cdk:enable-path-metadata": True})  # as the CDK CLI does
    build(app, config)
    app.synth()
    return Deployment(config, folder)


class Deployments:
    """Deployments by their settings, cached like the built lakes: each takes the CDK some seconds."""

    def __init__(self, cache: LakeCache) -> None:
        self._cache = cache
        self._code = fingerprint(code_of("tests.support.deployments"), synth.fingerprint())
        self._known: dict[str, Deployment] = {}

    def of(self, config: LakeConfig) -> Deployment:
        settings = repr(config)
        if settings not in self._known:
            key = fingerprint([], self._code, settings)
            folder = self._cache.get("deployment", key, lambda folder: deploy(config, folder))
            self._known[settings] = Deployment(config, folder)
        return self._known[settings]

    def templates(
        self, *, env: str, config: Path | None = None, overrides: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, Any]]:
        """What `stacks.synthesized.templates` returns."""
        return deepcopy(self.of(LakeConfig.load(env=env, file=config, overrides=overrides)).content)
