"""Statements of the key policy for AWS services."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

USE = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey")


def let_services_use(key: kms.IKey, *, stack: cdk.Stack) -> None:
    """Let CloudWatch Logs encrypt log groups of this account and region, and CloudWatch publish to encrypted topics."""
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
    statements = (
        (f"logs.{stack.region}.amazonaws.com", USE, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}),
        (
            "cloudwatch.amazonaws.com",
            ("kms:Decrypt", "kms:GenerateDataKey"),
            {"StringEquals": {"aws:SourceAccount": stack.account}},
        ),
    )
    for service, actions, conditions in statements:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)], actions=list(actions), resources=["*"], conditions=conditions
            )
        )
