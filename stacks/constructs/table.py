"""The DynamoDB table construct that all stacks use, and the access that roles get to it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge

READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
# A transaction needs the actions of its parts.
WRITE = (
    *READ,
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
# DynamoDB uses the key on behalf of the caller.
READ_KEY = ("kms:Decrypt", "kms:DescribeKey")
WRITE_KEY = (*READ_KEY, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


class LakeTable(dynamodb.Table):
    """Keys `pk` and `sk` (text), `expires_at` as time to live, paid by request; kept when its stack is deleted, as buckets are.

    The name is generated, so that a lake can be deployed again next to a table that was kept.
    """

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id_,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            removal_policy=cdk.RemovalPolicy.DESTROY if config.deletes_data else cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(
            self,
            "DynamoDBInBackupPlan",
            reason="Point-in-time recovery restores any second of the last 35 days, and the nightly batch computes the same "
            "figures from raw.",
        )

    def allow(self, role: LakeRole, *, write: bool = False) -> None:
        """Let the role read the items, or read and write them."""
        stack = cdk.Stack.of(role)
        role.allow(WRITE if write else READ, [self.table_arn])
        through = {"kms:ViaService": f"dynamodb.{stack.region}.amazonaws.com"}
        assert self.encryption_key
        role.allow(WRITE_KEY if write else READ_KEY, [self.encryption_key.key_arn], StringEquals=through)
