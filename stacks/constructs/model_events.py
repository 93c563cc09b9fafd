"""Events of the models: an approval and a finished batch start the scoring, a failed step of a pipeline is reported."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.job_events import triggered
from stacks.constructs.role import LakeRole
from stacks.constructs.scoring import ALL, Scoring
from stacks.security import acknowledge


class ModelEvents(Construct):
    """`failures` counts failed steps of the pipelines."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        scoring: Scoring,
        batch: sfn.StateMachine,
        config: LakeConfig,
        key: kms.IKey,
        alert_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._key = config, key
        approved = self._rule(
            "Approved",
            source="aws.sagemaker",
            event="SageMaker Model Package State Change",
            detail={"ModelPackageGroupName": scoring.groups, "ModelApprovalStatus": ["Approved"]},
        )
        nightly = self._rule(
            "BatchSucceeded",
            source="aws.states",
            event="Step Functions Execution Status Change",
            detail={"stateMachineArn": [batch.state_machine_arn], "status": ["SUCCEEDED"]},
        )
        self._start(scoring.machine, {approved: events.EventField.from_path("$.detail.ModelPackageGroupName"), nightly: ALL})
        self._failed = self._report(scoring.groups, alert_topic)

    def failures(self) -> cloudwatch.Metric:
        """Steps of pipelines that failed, counted even if nobody could be notified."""
        return triggered(self._failed)

    def _rule(self, id_: str, *, source: str, event: str, detail: dict[str, list[str]]) -> events.Rule:
        pattern = events.EventPattern(source=[source], detail_type=[event], detail=detail)
        return events.Rule(self, id_, description=f"{self._config.prefix}: {event}", event_pattern=pattern)

    def _start(self, scoring: sfn.StateMachine, groups: dict[events.Rule, str]) -> None:
        role = LakeRole(
            self, "StartRole", assumed_by="events.amazonaws.com", description=f"{self._config.prefix}: starts the scoring"
        )
        role.allow(["states:StartExecution"], [scoring.state_machine_arn])
        role.allow(["kms:Decrypt"], [self._key.key_arn])
        for rule, group in groups.items():
            message = events.RuleTargetInput.from_object({"group": group})
            rule.add_target(targets.SfnStateMachine(scoring, input=message, role=role.fixed))
            acknowledge(
                rule,
                "Serverless-EventBusDLQ",
                reason="A start that is lost is made up for by the next night, which scores every approved version again.",
            )

    def _report(self, groups: Sequence[str], alert_topic: sns.ITopic) -> events.Rule:
        stack = cdk.Stack.of(self)
        # EventBridge's events have pipeline ARNs in lower case, as our names are.
        pipelines = [stack.format_arn(service="sagemaker", resource="pipeline", resource_name=group) for group in groups]
        rule = self._rule(
            "StepFailed",
            source="aws.sagemaker",
            event="SageMaker Model Building Pipeline Execution Step Status Change",
            detail={"pipelineArn": pipelines, "currentStepStatus": ["Failed"]},
        )
        role = LakeRole(
            self, "ReportRole", assumed_by="events.amazonaws.com", description=f"{self._config.prefix}: reports failed trainings"
        )
        role.allow(["sns:Publish"], [alert_topic.topic_arn])
        role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [self._key.key_arn])
        message = {
            "what": f"A step of a training of {self._config.prefix} failed. See docs/operations.md, training-failed.",
            "pipeline": events.EventField.from_path("$.detail.pipelineArn"),
            "step": events.EventField.from_path("$.detail.stepName"),
            # An exhausted quota is named here: ResourceLimitExceeded.
            "reason": events.EventField.from_path("$.detail.failureReason"),
        }
        rule.add_target(targets.SnsTopic(alert_topic, message=events.RuleTargetInput.from_object(message), role=role.fixed))
        acknowledge(
            rule,
            "Serverless-EventBusDLQ",
            reason="An undelivered report is not lost: the alarm training-failed watches the same rule.",
        )
        return rule
