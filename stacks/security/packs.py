"""cdk-nag's rule packs as validations of the app: a violation that nobody gave a reason for makes synth fail."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

PACKS: tuple[Callable[..., cdk_nag.NagPack], ...] = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.ServerlessChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)
# The packs that have most of their rules in common, by the same name.
STANDARDS = ("NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")


def add_nag_checks(app: cdk.App) -> None:
    """Has all packs judge the app at its synth; each exception with its reason is written into the template."""
    packs = [pack(app, verbose=True, write_suppressions_to_cloud_formation=not at) for at, pack in enumerate(PACKS)]
    cdk.Validations.of(app).add_plugins(*packs)


def acknowledge(construct: IConstruct, *rules: str, reason: str) -> None:
    """Excepts `construct`, and what lies in it, from `rules` for a `reason` that a reviewer would accept.

    A rule is its whole id, such as "AwsSolutions-S1", and with its finding where it has several on one resource:
    "AwsSolutions-IAM5[Resource::*]". A name without a pack, such as "S3BucketReplicationEnabled", is that rule of the three
    standards. Call it where the construct is made; a stack or an app is never excepted.
    """
    if cdk.Stack.is_stack(construct) or cdk.App.is_app(construct):
        raise ValueError(f"{construct.node.path}: an exception is made for one resource, not for a whole stack")
    ids = [id_ for rule in rules for id_ in ([rule] if "-" in rule else [f"{pack}-{rule}" for pack in STANDARDS])]
    cdk.Validations.of(construct).acknowledge(*[cdk.Acknowledgment(id=id_, reason=reason) for id_ in ids])
