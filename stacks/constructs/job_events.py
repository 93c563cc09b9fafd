"""Glue's events about the runs of the lake's jobs, counted."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from stacks.constructs.glue_job import GlueJob
from stacks.security import acknowledge


class JobEvents(Construct):
    """Counts failed and slow runs of all jobs, however they were started."""

    def __init__(self, scope: Construct, id_: str, *, jobs: Sequence[GlueJob]) -> None:
        super().__init__(scope, id_)
        self._names = [job.job.job_name for job in jobs]
        self._failed = self._rule("Failed", "Glue Job State Change", {"state": ["FAILED", "TIMEOUT", "ERROR"]})
        self._slow = self._rule("Slow", "Glue Job Run Status", {})

    def failures(self) -> cloudwatch.Metric:
        """Runs that failed, timed out or could not start."""
        return _triggered(self._failed)

    def delays(self) -> cloudwatch.Metric:
        """Runs that take longer than the config allows; counted while they are still running."""
        return _triggered(self._slow)

    def _rule(self, id_: str, event: str, detail: dict[str, list[str]]) -> events.Rule:
        rule = events.Rule(
            self,
            id_,
            description=f"jobs of the lake: {event}",
            event_pattern=events.EventPattern(
                source=["aws.glue"], detail_type=[event], detail={"jobName": self._names, **detail}
            ),
        )
        acknowledge(
            rule,
            "Serverless-EventBusDLQ",
            reason="The rule only counts events: it has no target, so no delivery can fail.",
        )
        return rule


def _triggered(rule: events.Rule) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="TriggeredRules",
        dimensions_map={"RuleName": rule.rule_name},
        statistic="Sum",
        period=cdk.Duration.minutes(5),
    )
