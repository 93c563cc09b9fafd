"""The topic through which the lake notifies people."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import NOBODY, LakeConfig
from stacks.security import acknowledge


class AlertTopic(sns.Topic):
    """An encrypted, TLS-only topic with an e-mail subscription for each configured address; each address confirms once."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey) -> None:
        super().__init__(scope, id_, display_name=f"{config.prefix} alerts", master_key=key, enforce_ssl=True)
        self._allow_alarms(config)
        if config.nobody_is_alerted:
            cdk.Annotations.of(self).add_warning_v2("shoplake:alarms.emails", f"{config.prefix}: {NOBODY}")
        for email in config.alarms.emails:
            self.add_subscription(subscriptions.EmailSubscription(email))
        if config.alarms.emails:
            acknowledge(
                self,
                "Serverless-SNSRedrivePolicy",
                reason="Nobody would read a queue of undelivered e-mails; the alarm itself stays red in the console.",
            )

    def _allow_alarms(self, config: LakeConfig) -> None:
        """Any topic policy replaces SNS's default one, and an alarm action does not add a statement to it."""
        stack = cdk.Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{config.prefix}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": alarms}},
            )
        )
