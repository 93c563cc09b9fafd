"""The encryption key of the lake."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import LakeConfig


class LakeKey(kms.Key):
    """A customer-managed key, rotated every year, and kept as long as the data: usually longer than its stack."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, purpose: str) -> None:
        super().__init__(
            scope,
            id_,
            description=f"{config.prefix}: {purpose}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7 if config.deletes_data else 30),
            removal_policy=cdk.RemovalPolicy.DESTROY if config.deletes_data else cdk.RemovalPolicy.RETAIN,
        )
