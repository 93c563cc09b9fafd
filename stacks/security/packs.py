"""cdk-nag's rule packs as validations of the app: a violation without an acknowledged reason makes synth fail."""

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
# These packs share most of their rules, under the same name.
STANDARDS = ("NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")


def add_nag_checks(app: cdk.App) -> None:
    """Run all packs at synth; exceptions and their reasons are written into the template."""
    packs = [pack(app, verbose=True, write_suppressions_to_cloud_formation=not at) for at, pack in enumerate(PACKS)]
    cdk.Validations.of(app).add_plugins(*packs)


def acknowledge(construct: IConstruct, *rules: str, reason: str) -> None:
    """Suppress `rules` for `construct` and everything in it, for a `reason` that a reviewer would accept.

    A rule is a full id, such as "AwsSolutions-S1", with its finding if one resource can have several:
    "AwsSolutions-IAM5[Resource::*]". A name without a pack, such as "S3BucketReplicationEnabled", means that rule in all three
    standards. Call it where the construct is created; stacks and apps are refused.
    """
    if cdk.Stack.is_stack(construct) or cdk.App.is_app(construct):
        raise ValueError(f"{construct.node.path}: acknowledge a rule for one resource, not for an entire stack")
    ids = [id_ for rule in rules for id_ in ([rule] if "-" in rule else [f"{pack}-{rule}" for pack in STANDARDS])]
    cdk.Validations.of(construct).acknowledge(*[cdk.Acknowledgment(id=id_, reason=reason) for id_ in ids])
