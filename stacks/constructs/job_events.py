"""Glue's events about the runs of the lake's jobs: counted, and reported if a run has failed."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.glue_job import GlueJob
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge


class JobEvents(Construct):
    """Counts failed and slow runs of all jobs, however they were started, and reports each failed one to the alert topic."""

    def __init__(
        self, scope: Construct, id_: str, *, jobs: Sequence[GlueJob], config: LakeConfig, key: kms.IKey, alert_topic: sns.ITopic
    ) -> None:
        super().__init__(scope, id_)
        self._names = [job.job.job_name for job in jobs]
        self._failed = self._rule("Failed", "Glue Job State Change", {"state": ["FAILED", "TIMEOUT", "ERROR"]})
        self._slow = self._rule("Slow", "Glue Job Run Status", {})
        self._failed.add_target(self._report(config, key, alert_topic))
        reasons = {
            self._failed: "An undelivered report is not lost: the alarm job-failed watches the same rule.",
            self._slow: "The rule only counts events: it has no target, so no delivery can fail.",
        }
        for rule, reason in reasons.items():
            acknowledge(rule, "Serverless-EventBusDLQ", reason=reason)

    def failures(self) -> cloudwatch.Metric:
        """Runs that failed, timed out or could not start."""
        return triggered(self._failed)

    def delays(self) -> cloudwatch.Metric:
        """Runs that take longer than the config allows; counted while they are still running."""
        return triggered(self._slow)

    def _rule(self, id_: str, event: str, detail: dict[str, list[str]]) -> events.Rule:
        return events.Rule(
            self,
            id_,
            description=f"jobs of the lake: {event}",
            event_pattern=events.EventPattern(
                source=["aws.glue"], detail_type=[event], detail={"jobName": self._names, **detail}
            ),
        )

    def _report(self, config: LakeConfig, key: kms.IKey, alert_topic: sns.ITopic) -> targets.SnsTopic:
        """Which run failed, and Glue's message. A role publishes: topic policies for EventBridge support no conditions."""
        role = LakeRole(self, "Role", assumed_by="events.amazonaws.com", description=f"{config.prefix}: reports failed job runs")
        role.allow(["sns:Publish"], [alert_topic.topic_arn])
        role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])
        message = {
            "what": f"A job run of {config.prefix} failed. See docs/operations.md, job-failed.",
            "job": events.EventField.from_path("$.detail.jobName"),
            "state": events.EventField.from_path("$.detail.state"),
            "run": events.EventField.from_path("$.detail.jobRunId"),
            "message": events.EventField.from_path("$.detail.message"),
        }
        return targets.SnsTopic(alert_topic, message=events.RuleTargetInput.from_object(message), role=role.fixed)


def triggered(rule: events.Rule) -> cloudwatch.Metric:
    """How many events a rule has matched."""
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="TriggeredRules",
        dimensions_map={"RuleName": rule.rule_name},
        statistic="Sum",
        period=cdk.Duration.minutes(5),
    )
