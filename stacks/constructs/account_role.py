"""The role with which API Gateway writes logs: one for an entire account and region."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.role import LakeRole

# What API Gateway's documentation asks for.
PUSH_LOGS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)
REASON = (
    "API Gateway has one role for the logs of an entire account and region, and its documentation asks for these actions on all "
    "log groups; logs hold no data of the lake."
)


class AccountRole(Construct):
    """Replaces the account's earlier role, if there was one."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig) -> None:
        super().__init__(scope, id_)
        role = LakeRole(
            self,
            "Role",
            # AWS documents no condition on the account for this role.
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description=f"{config.prefix}: writes the logs of API Gateway",
        )
        role.allow(PUSH_LOGS, ["*"], wildcard=REASON)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.node.add_dependency(role)
