"""The batch: all jobs in order, with retries, and an alert when the retries fail."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.glue_job import GlueJob
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole

# The input of an execution with its defaults; jobs read a dash as "not set".
INPUT = {"source": "-", "full": "false", "since": "-"}
STARTING_MINUTES = 15
RUN = ("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun")
DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACING = ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments")


class Batch(Construct):
    """A state machine over the jobs in their order; its input is {"source"?, "full"?, "since"?}, all text."""

    def __init__(
        self, scope: Construct, id_: str, *, jobs: Sequence[GlueJob], config: LakeConfig, key: kms.IKey, alert_topic: sns.ITopic
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        failed = self._notify(alert_topic).next(sfn.Fail(self, "Failed", cause_path="$.error.Cause", error_path="$.error.Error"))
        chain = sfn.Chain.start(self._defaults())
        for job in jobs:
            step = self._step(job)
            step.add_catch(failed, errors=[sfn.Errors.ALL], result_path="$.error")
            chain = chain.next(step)
        minutes = (config.jobs.timeout_minutes + STARTING_MINUTES) * (config.jobs.retries + 1) * len(jobs)
        self.logs = LakeLogs(self, "Logs", config=config, key=key, name=f"/aws/vendedlogs/states/{config.prefix}-batch")
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=f"{config.prefix}-batch",
            definition_body=sfn.DefinitionBody.from_chainable(chain),
            timeout=cdk.Duration.minutes(minutes + 60),
            role=self._role(jobs, key, alert_topic).fixed,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=self.logs, level=sfn.LogLevel.ALL, include_execution_data=True),
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(key),
        )
        self.schedule = self._schedule(key)

    def _role(self, jobs: Sequence[GlueJob], key: kms.IKey, alert_topic: sns.ITopic) -> LakeRole:
        role = LakeRole(
            self,
            "Role",
            assumed_by="states.amazonaws.com",
            description=f"{self._config.prefix}: role of the batch",
        )
        stack = cdk.Stack.of(self)
        arns = [stack.format_arn(service="glue", resource="job", resource_name=job.job.job_name) for job in jobs]
        role.allow(RUN, arns)
        role.allow(["sns:Publish"], [alert_topic.topic_arn])
        # For its execution data, its log delivery and the encrypted topic.
        role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])
        role.allow(
            [*DELIVERY, *TRACING],
            ["*"],
            wildcard="Log delivery and X-Ray actions do not support resources; none of them reads data.",
        )
        return role

    def _defaults(self) -> sfn.Chain:
        """Give every argument a value: a task state fails on a path that its input lacks."""
        defaults = sfn.Pass(self, "Defaults", result=sfn.Result.from_object(INPUT), result_path="$.defaults")
        merged = {"input.$": "States.JsonMerge($.defaults, $, false)"}
        return defaults.next(sfn.Pass(self, "Input", parameters=merged, output_path="$.input"))

    def _step(self, job: GlueJob) -> tasks.GlueStartJobRun:
        arguments = {f"--{name}": sfn.JsonPath.string_at(f"$.{name}") for name in INPUT}
        minutes = self._config.jobs.timeout_minutes + STARTING_MINUTES
        step = tasks.GlueStartJobRun(
            self,
            job.spec.construct,
            glue_job_name=job.job.job_name,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            arguments=sfn.TaskInput.from_object(arguments),
            result_path=sfn.JsonPath.DISCARD,
        )
        # Wait for a run that was started by hand; it ends within its timeout.
        step.add_retry(
            errors=["Glue.ConcurrentRunsExceededException"],
            interval=cdk.Duration.minutes(5),
            max_attempts=-(-minutes // 5),
            backoff_rate=1,
        )
        if self._config.jobs.retries:
            step.add_retry(
                errors=[sfn.Errors.TASKS_FAILED],
                interval=cdk.Duration.minutes(1),
                max_attempts=self._config.jobs.retries,
                backoff_rate=2,
            )
        return step

    def _notify(self, alert_topic: sns.ITopic) -> tasks.SnsPublish:
        message = {
            "what": f"The batch of {self._config.prefix} failed. See docs/operations.md, batch-failed.",
            "execution": sfn.JsonPath.string_at("$$.Execution.Id"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
            "error": sfn.JsonPath.object_at("$.error"),
        }
        return tasks.SnsPublish(
            self,
            "Notify",
            topic=alert_topic,
            subject=f"{self._config.prefix}: the batch failed",
            message=sfn.TaskInput.from_object(message),
            result_path=sfn.JsonPath.DISCARD,
        )

    def _schedule(self, key: kms.IKey) -> scheduler.Schedule:
        role = LakeRole(
            self,
            "ScheduleRole",
            assumed_by="scheduler.amazonaws.com",
            description=f"{self._config.prefix}: starts the batch",
        )
        role.allow(["states:StartExecution"], [self.machine.state_machine_arn])
        role.allow(["kms:Decrypt"], [key.key_arn])
        zone = cdk.TimeZone.of(self._config.schedule.timezone or "UTC")
        return scheduler.Schedule(
            self,
            "Schedule",
            description=f"{self._config.prefix}: starts the batch",
            schedule=scheduler.ScheduleExpression.expression(f"cron({self._config.schedule.cron})", zone),
            target=targets.StepFunctionsStartExecution(
                self.machine, input=scheduler.ScheduleTargetInput.from_text("{}"), retry_attempts=3, role=role.fixed
            ),
            enabled=self._config.schedule.enabled,
            key=key,
        )
