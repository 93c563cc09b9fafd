"""The topic through which the lake notifies people."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import LakeConfig
from stacks.security import acknowledge


class AlertTopic(sns.Topic):
    """An encrypted, TLS-only topic with an e-mail subscription for each configured address; each address confirms once."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey) -> None:
        super().__init__(scope, id_, display_name=f"{config.prefix} alerts", master_key=key, enforce_ssl=True)
        for email in config.alarms.emails:
            self.add_subscription(subscriptions.EmailSubscription(email))
        if config.alarms.emails:
            acknowledge(
                self,
                "Serverless-SNSRedrivePolicy",
                reason="Nobody would read a queue of undelivered e-mails; the alarm itself stays red in the console.",
            )
