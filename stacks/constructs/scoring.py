"""Scoring: each approved version scores its source, one after the other; then the job `scores` loads the files into curated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.batch import DELIVERY, RUN
from stacks.constructs.glue_job import GlueJob
from stacks.constructs.job_step import INPUT, JobStep
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.notice import failure_notice
from stacks.constructs.role import LakeRole
from stacks.constructs.tracing import TRACING

# The input that scores every model and source, or the name of one group.
ALL = "-"
QUOTA = "ResourceLimitExceeded"
# A step function waits for a job through a rule of this name, which it manages itself.
WAITING_RULE = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
# Each job ends within an hour.
HOURS = 12


@dataclass(frozen=True)
class ScoringPlan:
    """What is scored, the request of a job (see stacks/pipelines/scoring.py), and the role that it runs with."""

    items: Sequence[Mapping[str, str]]
    job: Mapping[str, Any]
    role: iam.IRole


class Scoring(Construct):
    """A state machine; its input is {"group"}, the name of a model package group, or a dash for all.

    Jobs run one at a time: the default quotas of SageMaker are small. A failure ends its item only; the execution then fails at
    its end.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        plan: ScoringPlan,
        scores: GlueJob,
        config: LakeConfig,
        key: kms.IKey,
        alert_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._plan = config, plan
        self.logs = LakeLogs(self, "Logs", config=config, key=key, name=f"/aws/vendedlogs/states/{config.prefix}-scoring")
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=f"{config.prefix}-scoring",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(scores, alert_topic)),
            timeout=cdk.Duration.hours(HOURS),
            role=self._role(scores, key, alert_topic).fixed,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=self.logs, level=sfn.LogLevel.ALL, include_execution_data=True),
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(key),
        )

    @property
    def groups(self) -> list[str]:
        """The model package groups whose approved versions score."""
        return [item["group"] for item in self._plan.items]

    def _definition(self, scores: GlueJob, alert_topic: sns.ITopic) -> sfn.Chain:
        start = sfn.Pass(self, "Start", parameters={"only.$": "$.group", "items": [*self._plan.items], **INPUT})
        each = sfn.Map(
            self,
            "Each",
            items_path="$.items",
            max_concurrency=1,
            item_selector={"item.$": "$$.Map.Item.Value", "only.$": "$.only"},
            result_path="$.scored",
        )
        each.item_processor(self._of_item())
        failures = sfn.Pass(self, "Failures", parameters={"list.$": "$.scored[*].failed[*]"}, result_path="$.failed")
        notify = failure_notice(
            self,
            topic=alert_topic,
            subject=f"{self._config.prefix}: scoring failed",
            what=f"Scoring of {self._config.prefix} failed. See docs/operations.md, scoring-failed.",
            facts={"failed": sfn.JsonPath.object_at("$.failed.list")},
        )
        notify.next(sfn.Fail(self, "Failed", error="Lake.ScoringFailed", cause_path="States.JsonToString($.failed.list)"))
        outcome = sfn.Choice(self, "Outcome")
        outcome.when(sfn.Condition.is_present("$.failed.list[0]"), notify).otherwise(sfn.Succeed(self, "Done"))
        load = JobStep(self, "ScoresStep", job=scores, config=self._config)
        # Its own failure is reported like that of any job run.
        load.on_failure(sfn.Fail(self, "NotLoaded", error="Lake.JobsFailed", cause_path=f"{load.path}.Cause"))
        first = sfn.Pass(self, "Jobs", result=sfn.Result.from_object({}), result_path="$.jobs")
        load.state.next(failures).next(outcome)
        return start.next(each).next(first).next(load.state)

    def _of_item(self) -> sfn.Chain:
        """The newest approved version of one group scores; the result has a list of failures, with one at the most."""
        skipped = sfn.Pass(self, "Skipped", result=sfn.Result.from_object({"result": "skipped", "failed": []}))
        scored = sfn.Pass(self, "Scored", result=sfn.Result.from_object({"result": "scored", "failed": []}))
        approved, version, score, failure = self._approved(), self._version(), self._score(), self._failure()
        approved.add_catch(failure, errors=[sfn.Errors.ALL], result_path="$.error")
        version.add_catch(failure, errors=[sfn.Errors.ALL], result_path="$.error")
        score.add_catch(failure, errors=[sfn.Errors.ALL], result_path="$.error")
        is_approved = sfn.Choice(self, "IsApproved")
        is_approved.when(sfn.Condition.is_present("$.approved.packages[0]"), version).otherwise(skipped)
        is_selected = sfn.Choice(self, "IsSelected")
        one = sfn.Condition.string_equals_json_path("$.only", "$.item.group")
        is_selected.when(sfn.Condition.or_(sfn.Condition.string_equals("$.only", ALL), one), approved).otherwise(skipped)
        approved.next(is_approved)
        version.next(score).next(scored)
        return sfn.Chain.start(is_selected)

    def _approved(self) -> tasks.CallAwsService:
        newest = {"ModelApprovalStatus": "Approved", "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
        return self._call(
            "Approved",
            "listModelPackages",
            parameters={"ModelPackageGroupName": sfn.JsonPath.string_at("$.item.group"), **newest},
            result={"packages.$": "$.ModelPackageSummaryList"},
            path="$.approved",
        )

    def _version(self) -> tasks.CallAwsService:
        digits = "States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 0)"
        return self._call(
            "Version",
            "describeModelPackage",
            parameters={"ModelPackageName": sfn.JsonPath.string_at("$.approved.packages[0].ModelPackageArn")},
            result={
                "data.$": "$.InferenceSpecification.Containers[0].ModelDataUrl",
                "number.$": "States.Format('{}', $.ModelPackageVersion)",
                "job.$": f"States.Format('{self._config.prefix}-score-{{}}', {digits})",
            },
            path="$.version",
        )

    def _score(self) -> sfn.CustomState:
        task = {
            "Type": "Task",
            "Resource": f"arn:{cdk.Aws.PARTITION}:states:::sagemaker:createProcessingJob.sync",
            "Parameters": dict(self._plan.job),
            "ResultPath": None,
        }
        score = sfn.CustomState(self, "Score", state_json=task)
        # Another job may hold the quota for a while.
        score.add_retry(
            errors=["SageMaker.AmazonSageMakerException", f"SageMaker.{QUOTA}Exception"],
            interval=cdk.Duration.minutes(5),
            max_attempts=2,
            backoff_rate=2,
        )
        return score

    def _call(
        self, name: str, action: str, *, parameters: Mapping[str, Any], result: Mapping[str, str], path: str
    ) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            name,
            service="sagemaker",
            action=action,
            parameters=dict(parameters),
            iam_resources=["*"],  # the role's policy has the groups' ARNs instead
            result_selector=dict(result),
            result_path=path,
        )

    def _failure(self) -> sfn.Choice:
        """Names an exhausted quota as such: its remedy is another one."""
        quota = f"A quota of SageMaker is exhausted ({QUOTA}); raise it in Service Quotas, then start the machine again."
        other = "The job failed; its log is in /aws/sagemaker/ProcessingJobs."
        choice = sfn.Choice(self, "Reason")
        fields = {"group.$": "$.item.group", "error.$": "$.error.Error", "cause.$": "$.error.Cause"}

        def result(what: str) -> dict[str, Any]:
            return {"result": "failed", "failed": [{**fields, "what": what}]}

        named = [sfn.Condition.string_matches(f"$.error.{name}", f"*{QUOTA}*") for name in ("Error", "Cause")]
        choice.when(sfn.Condition.or_(*named), sfn.Pass(self, "Quota", parameters=result(quota)))
        return choice.otherwise(sfn.Pass(self, "Other", parameters=result(other)))

    def _role(self, scores: GlueJob, key: kms.IKey, alert_topic: sns.ITopic) -> LakeRole:
        role = LakeRole(
            self, "Role", assumed_by="states.amazonaws.com", description=f"{self._config.prefix}: role of the scoring"
        )
        stack = cdk.Stack.of(self)

        def arn(kind: str, name: str, service: str = "sagemaker") -> str:
            return stack.format_arn(service=service, resource=kind, resource_name=name)

        role.allow(["sagemaker:ListModelPackages"], [arn("model-package-group", group) for group in self.groups])
        packages = [arn("model-package", f"{group}/*") for group in self.groups]
        role.allow(
            ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            packages,
            wildcard="Versions of a group are numbered as they are registered.",
        )
        role.allow(
            [
                "sagemaker:AddTags",
                "sagemaker:CreateProcessingJob",
                "sagemaker:DescribeProcessingJob",
                "sagemaker:ListTags",
                "sagemaker:StopProcessingJob",
            ],
            [arn("processing-job", f"{self._config.prefix}-score-*")],
            wildcard="The names of scoring jobs end with digits of their own.",
        )
        role.allow(["iam:PassRole"], [self._plan.role.role_arn], StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
        role.allow(["events:DescribeRule", "events:PutRule", "events:PutTargets"], [arn("rule", WAITING_RULE, "events")])
        role.allow(RUN, [stack.format_arn(service="glue", resource="job", resource_name=scores.job.job_name)])
        role.allow(["sns:Publish"], [alert_topic.topic_arn])
        role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])
        role.allow(
            [*DELIVERY, *TRACING],
            ["*"],
            wildcard="Log delivery and X-Ray actions do not support resources; none of them reads data.",
        )
        return role
