"""A job as a step of the batch: retried unless its error is final, with its outcome in the execution's data."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from contracts.errors import FINAL, PARTIAL
from stacks.config import LakeConfig
from stacks.constructs.glue_job import GlueJob

# The input of an execution with its defaults; jobs read a dash as "not set".
INPUT = {"source": "-", "full": "false", "since": "-"}
STARTING_MINUTES = 15
# The errors of a step, from which its retries follow: Retry sees names only, and every failed job run has the same name.
FINAL_ERROR, PASSING_ERROR = "Lake.Final", "Lake.MayPass"


class JobStep(Construct):
    """`state` runs the job; its outcome is at $.jobs.<name>: {"result": "succeeded"}, or {"Error", "Cause"} once caught.

    The state is a Parallel of one branch, because a Retry cannot look at the cause of an error: the branch turns the cause into
    the error's name.
    """

    def __init__(self, scope: Construct, id_: str, *, job: GlueJob, config: LakeConfig) -> None:
        super().__init__(scope, id_)
        self.name = job.spec.name
        self.path = outcome(self.name)
        self._title = job.spec.construct
        self.state = sfn.Parallel(
            self, "Step", state_name=self._title, result_selector={"result": "succeeded"}, result_path=self.path
        )
        self.state.branch(self._run(job, config))
        if config.jobs.retries:
            self.state.add_retry(
                errors=[PASSING_ERROR], interval=cdk.Duration.minutes(1), max_attempts=config.jobs.retries, backoff_rate=2
            )

    def on_failure(self, following: sfn.IChainable) -> None:
        """What follows when the job has failed after all retries."""
        self.state.add_catch(following, errors=[sfn.Errors.ALL], result_path=self.path)

    @property
    def failed(self) -> sfn.Condition:
        return sfn.Condition.is_present(f"{self.path}.Error")

    @property
    def failed_partly(self) -> sfn.Condition:
        """Some sources failed, and the job has processed the others."""
        return sfn.Condition.string_matches(f"{self.path}.Cause", f"*{PARTIAL}*")

    def _run(self, job: GlueJob, config: LakeConfig) -> sfn.IChainable:
        run = tasks.GlueStartJobRun(
            self,
            "Run",
            state_name=f"Run{self._title}",
            glue_job_name=job.job.job_name,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            arguments=sfn.TaskInput.from_object({f"--{name}": sfn.JsonPath.string_at(f"$.{name}") for name in INPUT}),
            result_path=sfn.JsonPath.DISCARD,
        )
        # Wait for a run that was started by hand; it ends within its timeout.
        run.add_retry(
            errors=["Glue.ConcurrentRunsExceededException"],
            interval=cdk.Duration.minutes(5),
            max_attempts=-(-(config.jobs.timeout_minutes + STARTING_MINUTES) // 5),
            backoff_rate=1,
        )
        final = sfn.Condition.string_matches("$.error.Cause", f"*{FINAL}*")
        error = sfn.Choice(self, "Error", state_name=f"{self._title}Error")
        error.when(final, self._fail("Final", FINAL_ERROR)).otherwise(self._fail("MayPass", PASSING_ERROR))
        run.add_catch(error, errors=[sfn.Errors.ALL], result_path="$.error")
        return run

    def _fail(self, id_: str, error: str) -> sfn.Fail:
        return sfn.Fail(self, id_, state_name=f"{self._title}{id_}", error=error, cause_path="$.error.Cause")


def outcome(name: str) -> str:
    """The path of a step's outcome in the execution's data."""
    return f"$.jobs.{name}"
