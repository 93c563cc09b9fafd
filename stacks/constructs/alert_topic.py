"""Where the lake tells people that something needs them."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import LakeConfig
from stacks.security import acknowledge


class AlertTopic(sns.Topic):
    """An encrypted topic, reached by TLS only, that sends e-mails to the addresses of the config; each confirms once."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey) -> None:
        super().__init__(scope, id_, display_name=f"{config.prefix} notices", master_key=key, enforce_ssl=True)
        for email in config.alarms.emails:
            self.add_subscription(subscriptions.EmailSubscription(email))
        if config.alarms.emails:
            acknowledge(
                self,
                "Serverless-SNSRedrivePolicy",
                reason="An e-mail that could not be delivered would lie in a queue that nobody reads; the alarm stays red.",
            )
