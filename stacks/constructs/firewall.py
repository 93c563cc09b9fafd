"""The optional web application firewall in front of the API, or of the sign-in pages of the dashboard."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.config import LakeConfig
from stacks.security import acknowledge

# Lists of AWS, without the rules on bodies: events hold text that people typed.
MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")
REQUESTS_PER_ADDRESS = 2_000  # in 5 minutes


class Firewall(Construct):
    """Refuses addresses of bad repute, known attacks, and addresses that send too much."""

    def __init__(self, scope: Construct, id_: str, *, name: str, resource_arn: str, config: LakeConfig) -> None:
        super().__init__(scope, id_)
        rules = [
            self._rule(
                name,
                priority,
                wafv2.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(name=name, vendor_name="AWS")
                ),
                override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
            )
            for priority, name in enumerate(MANAGED)
        ]
        rate = wafv2.CfnWebACL.RateBasedStatementProperty(aggregate_key_type="IP", limit=REQUESTS_PER_ADDRESS)
        block = wafv2.CfnWebACL.RuleActionProperty(block={})
        rules.append(self._rule("Rate", len(rules), wafv2.CfnWebACL.StatementProperty(rate_based_statement=rate), action=block))
        self.acl = wafv2.CfnWebACL(
            self,
            "Acl",
            name=f"{config.prefix}-{name}",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=_visible("Acl"),
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=resource_arn, web_acl_arn=self.acl.attr_arn)
        acknowledge(
            self.acl,
            "WAFv2LoggingEnabled",
            reason="The log would keep addresses and query strings of every visitor; the metrics count what each rule refused.",
        )

    def _rule(
        self, name: str, priority: int, statement: wafv2.CfnWebACL.StatementProperty, **action: Any
    ) -> wafv2.CfnWebACL.RuleProperty:
        return wafv2.CfnWebACL.RuleProperty(
            name=name, priority=priority, statement=statement, visibility_config=_visible(name), **action
        )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
