"""The batch: conform, the marts, the analyses side by side, then publishing; retries, and an alert when the retries fail."""

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
from stacks.constructs.job_step import INPUT, STARTING_MINUTES, JobStep, outcome
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.notice import failure_notice
from stacks.constructs.role import LakeRole
from stacks.constructs.tracing import TRACING

# How often an execution looks whether the one before it has ended.
TURN_MINUTES = 5
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


class Batch(Construct):
    """A state machine over the jobs; its input is {"source"?, "full"?, "since"?}, all text.

    Executions take turns: each waits until no older one is running. A job that fails for some sources, and any analysis that
    fails, do not stop the rest; the execution then fails at its end. See docs/decisions/0010.
    """

    def __init__(
        self, scope: Construct, id_: str, *, jobs: Sequence[GlueJob], config: LakeConfig, key: kms.IKey, alert_topic: sns.ITopic
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        in_turn = [job for job in jobs if not job.spec.is_analysis]
        minutes = (config.jobs.timeout_minutes + STARTING_MINUTES) * (config.jobs.retries + 1) * (len(in_turn) + 1)
        self.logs = LakeLogs(self, "Logs", config=config, key=key, name=f"/aws/vendedlogs/states/{config.prefix}-batch")
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=f"{config.prefix}-batch",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(jobs, alert_topic)),
            # As much again for an older execution.
            timeout=cdk.Duration.minutes(2 * minutes + 60),
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
        machine = stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=f"{self._config.prefix}-batch",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        role.allow(["states:ListExecutions"], [machine])
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

    def _definition(self, jobs: Sequence[GlueJob], alert_topic: sns.ITopic) -> sfn.Chain:
        notify = self._notify(alert_topic)
        failed = sfn.Fail(
            self, "Failed", error="Lake.JobsFailed", cause_path=sfn.JsonPath.json_to_string(sfn.JsonPath.object_at("$.jobs"))
        )
        notify.next(failed)
        steps = [JobStep(self, f"{job.spec.construct}Step", job=job, config=self._config) for job in jobs]
        last = [step for step, job in zip(steps, jobs, strict=True) if job.spec.dynamodb]
        side_by_side = [step for step, job in zip(steps, jobs, strict=True) if job.spec.is_analysis]
        stages = [step for step in steps if step not in (*last, *side_by_side)]
        analyses = self._side_by_side(side_by_side)
        following: sfn.State = analyses
        for step in reversed(stages):
            step.state.next(following)
            partly = sfn.Choice(self, f"{step.name}Partly", state_name=f"{step.name.capitalize()}Partly")
            step.on_failure(partly.when(step.failed_partly, following).otherwise(notify))
            following = step.state
        outcome = sfn.Choice(self, "Outcome")
        results = [sfn.Condition.is_present(f"{self._analysis(step)}.Error") for step in side_by_side]
        outcome.when(sfn.Condition.or_(*[step.failed for step in (*stages, *last)], *results), notify)
        outcome.otherwise(sfn.Succeed(self, "Done"))
        # Jobs of the live path read what there is: an analysis that failed leaves its earlier results.
        following_analyses: sfn.State = outcome
        for step in reversed(last):
            step.state.next(following_analyses)
            step.on_failure(following_analyses)
            following_analyses = step.state
        analyses.next(following_analyses)
        return self._defaults().next(self._turn(following, notify))

    def _side_by_side(self, steps: Sequence[JobStep]) -> sfn.Parallel:
        """Analyses write tables or files of their own. A failure ends its branch only."""
        results = {f"{step.name}.$": f"$[{position}]" for position, step in enumerate(steps)}
        analyses = sfn.Parallel(self, "Analyses", result_selector=results, result_path=outcome("analyses"))
        for step in steps:
            end = sfn.Pass(self, f"{step.name}End", state_name=f"{step.name.capitalize()}End", input_path=step.path)
            step.on_failure(end)
            analyses.branch(sfn.Chain.start(step.state).next(end))
        return analyses

    def _analysis(self, step: JobStep) -> str:
        return f"{outcome('analyses')}.{step.name}"

    def _turn(self, first: sfn.State, notify: sfn.State) -> sfn.State:
        """Goes on to `first` as soon as this execution is the oldest one that is running."""
        running = tasks.CallAwsService(
            self,
            "Running",
            service="sfn",
            action="listExecutions",
            parameters={"StateMachineArn": sfn.JsonPath.string_at("$$.StateMachine.Id"), "StatusFilter": "RUNNING"},
            iam_resources=["*"],  # the role's policy has the machine's ARN instead
            result_selector={"arns.$": "$.Executions[*].ExecutionArn"},
            result_path="$.running",
        )
        running.add_catch(notify, errors=[sfn.Errors.ALL], result_path=outcome("turn"))
        # The newest comes first.
        last = "States.ArrayGetItem($.running.arns, States.MathAdd(States.ArrayLength($.running.arns), -1))"
        oldest = sfn.Pass(self, "Oldest", parameters={"arn.$": last}, result_path="$.oldest")
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.duration(cdk.Duration.minutes(TURN_MINUTES)))
        own = sfn.Condition.string_equals_json_path("$.oldest.arn", "$$.Execution.Id")
        turn = sfn.Choice(self, "Turn").when(own, first).otherwise(wait.next(running))
        # The list is eventually consistent and may lack this execution.
        anything = sfn.Choice(self, "Listed").when(sfn.Condition.is_present("$.running.arns[0]"), oldest.next(turn))
        running.next(anything.otherwise(first))
        return running

    def _notify(self, alert_topic: sns.ITopic) -> tasks.SnsPublish:
        return failure_notice(
            self,
            topic=alert_topic,
            subject=f"{self._config.prefix}: the batch failed",
            what=f"The batch of {self._config.prefix} failed. See docs/operations.md, batch-failed.",
            facts={"input": sfn.JsonPath.object_at("$$.Execution.Input"), "jobs": sfn.JsonPath.object_at("$.jobs")},
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
