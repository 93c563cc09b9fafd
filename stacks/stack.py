"""The base class of the lake's stacks."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.config import LakeConfig


class LakeStack(cdk.Stack):
    """A stack in the configured region, or in the CLI's region if none is configured; protected from deletion in prod."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, description: str) -> None:
        super().__init__(
            scope,
            id_,
            description=f"{config.prefix}: {description}",
            env=cdk.Environment(region=config.region),
            termination_protection=config.env == "prod" and not config.deletes_data,
        )

    def output(self, key: str, value: str, description: str) -> None:
        """An output with exactly this name, for people and for the twin."""
        cdk.CfnOutput(self, f"{key}Output", value=value, description=description).override_logical_id(key)
