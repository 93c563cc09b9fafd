"""The deployed state machine, run in the interpreter of the local stack with jobs that fail as Glue reports it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.errors import BusyError, LakeError, PartialFailureError, PlatformError, SourceError, error_classes, marked
from glue_jobs.manifest import ANALYSES, JOBS
from stacks.cost.model import assume
from tests.support.deployments import Deployment, Synthesize
from tests.support.state_machines import OWN, Execution, errors

OLDER, NEWER = OWN.replace("own", "older"), OWN.replace("own", "newer")
ALL = [job.name for job in JOBS]
FIRST, SECOND, ANALYSES_OF_ALL = "conform", "marts", {job.name for job in ANALYSES}
LIVE_PATH = ["publish", "reconcile"]
DAMAGED = SourceError("shop/orders.csv: 3 columns, expected 4; fix the file.")
PARTLY = PartialFailureError("1 of 2 sources failed; the others were processed. a: no column.", errors={"a": DAMAGED})


@dataclass
class Run(Execution):
    """One batch. `failures` are messages of job runs by job, one after another; `others` the executions that are running."""

    failures: dict[str, list[str]] = field(default_factory=dict)
    others: list[list[str]] = field(default_factory=lambda: [[OWN]])
    jobs: list[str] = field(default_factory=list)

    def answer(self, resource: str, parameters: Mapping[str, Any]) -> Any:
        if resource.endswith("listExecutions"):
            assert parameters == {"StateMachineArn": "machine", "StatusFilter": "RUNNING"}
            listed = self.others.pop(0) if len(self.others) > 1 else self.others[0]
            return {"Executions": [{"ExecutionArn": arn, "Status": "RUNNING"} for arn in listed]}
        job = next(name for name in ALL if parameters["JobName"].lower().startswith(name))
        self.jobs.append(job)
        if self.failures.get(job):
            run = {"JobRunState": "FAILED", "ErrorMessage": self.failures[job].pop(0), "JobName": job}
            raise errors.Failure("States.TaskFailed", json.dumps(run))
        return {"JobRunState": "SUCCEEDED"}


@pytest.fixture(scope="module")
def machine(dev: Deployment) -> dict[str, Any]:
    return dev.state_machine()


def test_a_job_gets_the_input_and_keeps_its_own_timeout(machine: dict[str, Any]) -> None:
    states = [state for branch in machine["States"]["Analyses"]["Branches"] for state in branch["States"].values()]
    steps = [
        machine["States"]["Conform"],
        machine["States"]["Marts"],
        *[state for state in states if state["Type"] == "Parallel"],
        *[machine["States"][name.capitalize()] for name in LIVE_PATH],
    ]
    runs = [step["Branches"][0]["States"][step["Branches"][0]["StartAt"]] for step in steps]
    assert len(runs) == len(JOBS)
    for run in runs:
        assert run["Resource"].endswith(":states:::glue:startJobRun.sync")
        assert run["Parameters"]["Arguments"] == {"--source.$": "$.source", "--full.$": "$.full", "--since.$": "$.since"}
        # A timeout here would override the job's own.
        assert "Timeout" not in run["Parameters"]
        # A run that was started by hand is waited for.
        assert run["Retry"][0]["ErrorEquals"] == ["Glue.ConcurrentRunsExceededException"]


def test_every_field_of_the_input_is_optional(machine: dict[str, Any]) -> None:
    assert machine["States"]["Defaults"]["Result"] == {"source": "-", "full": "false", "since": "-"}
    assert machine["States"]["Input"]["Parameters"] == {"input.$": "States.JsonMerge($.defaults, $, false)"}


def test_analyses_run_after_the_marts_in_any_order(machine: dict[str, Any]) -> None:
    run = Run(machine)

    assert run.perform() is None
    assert [*run.jobs[:2], *run.jobs[-2:]] == [FIRST, SECOND, *LIVE_PATH]
    assert set(run.jobs[2:-2]) == ANALYSES_OF_ALL
    assert len(run.jobs) == len(ALL)
    assert (run.messages, run.waits) == ([], [])
    assert run.entered == assume("transitions_per_run")


def test_an_error_of_the_platform_is_retried(machine: dict[str, Any]) -> None:
    # GIVEN a run that Glue ends for a reason of its own, with the words it may put before the message
    run = Run(machine, {FIRST: ["Error Category: UNCLASSIFIED_ERROR; An error occurred while calling o95.parquet. Slow Down"]})

    assert run.perform() is None
    assert run.jobs[:3] == [FIRST, FIRST, SECOND]
    assert run.waits == [60]


@pytest.mark.parametrize("error", [error for error in error_classes() if error.__module__ == LakeError.__module__])
def test_an_error_is_retried_if_it_may_pass(machine: dict[str, Any], error: type[LakeError]) -> None:
    # GIVEN the message as Glue reports it, after the exception's class
    run = Run(machine, {SECOND: [f"{error.__name__}: {marked(error('a sentence.'))}"]})

    ended = run.perform()

    retried = error in (PlatformError, BusyError)
    assert run.jobs.count(SECOND) == (2 if retried else 1)
    assert (ended is None) == retried


def test_a_final_error_of_conform_ends_the_batch_and_is_reported(machine: dict[str, Any]) -> None:
    run = Run(machine, {FIRST: [marked(DAMAGED)]})

    ended = run.perform(source="shop")

    assert run.jobs == [FIRST]
    assert ended is not None
    assert ended.name == "Lake.JobsFailed"
    (message,) = run.messages
    assert message["input"] == {"source": "shop"}
    assert "[source, final] shop/orders.csv: 3 columns" in message["jobs"]["conform"]["Cause"]
    assert "shop/orders.csv: 3 columns" in ended.cause


@pytest.mark.parametrize("job", [FIRST, SECOND])
def test_after_a_failure_of_some_sources_the_others_go_on(machine: dict[str, Any], job: str) -> None:
    run = Run(machine, {job: [marked(PARTLY)]})

    ended = run.perform()

    assert sorted(run.jobs) == sorted(ALL)
    assert ended is not None
    assert "a: no column." in ended.cause
    assert "a: no column." in run.messages[0]["jobs"][job]["Cause"]


def test_failed_sources_are_retried_if_one_of_their_errors_may_pass(machine: dict[str, Any]) -> None:
    # GIVEN a platform error of one source, twice
    mixed = PartialFailureError("2 of 3 failed.", errors={"a": DAMAGED, "b": PlatformError("S3 does not answer.")})
    run = Run(machine, {FIRST: [marked(mixed)] * 2})

    ended = run.perform()

    assert run.jobs[:3] == [FIRST, FIRST, SECOND]
    assert set(run.jobs[3:-2]) == ANALYSES_OF_ALL
    assert ended is not None


@pytest.mark.parametrize("job", sorted(ANALYSES_OF_ALL))
def test_a_failed_analysis_stops_no_other(machine: dict[str, Any], job: str) -> None:
    run = Run(machine, {job: ["Py4JJavaError: out of memory"] * 2})

    ended = run.perform()

    assert sorted(run.jobs) == sorted([*ALL, job])
    assert ended is not None
    assert ended.name == "Lake.JobsFailed"
    assert run.messages[0]["jobs"]["analyses"] == {
        name: {"Error": "Lake.MayPass", "Cause": json.dumps(
            {"JobRunState": "FAILED", "ErrorMessage": "Py4JJavaError: out of memory", "JobName": job}
        )} if name == job else {"result": "succeeded"}
        for name in ANALYSES_OF_ALL
    }  # fmt: skip


def test_a_failed_publish_fails_the_execution_at_its_end(machine: dict[str, Any]) -> None:
    run = Run(machine, {"publish": ["Py4JJavaError: throttled"] * 2})

    ended = run.perform()

    assert run.jobs[-3:] == ["publish", "publish", "reconcile"]
    assert sorted(run.jobs) == sorted([*ALL, "publish"])
    assert ended is not None
    assert ended.name == "Lake.JobsFailed"
    assert "throttled" in run.messages[0]["jobs"]["publish"]["Cause"]


def test_an_execution_waits_for_older_ones_but_not_for_newer_ones(machine: dict[str, Any]) -> None:
    # GIVEN an older execution that ends after the second look; AWS lists the newest first
    run = Run(machine, others=[[NEWER, OWN, OLDER], [NEWER, OWN, OLDER], [NEWER, OWN]])

    assert run.perform() is None
    assert run.waits == [300, 300]
    assert len(run.jobs) == len(ALL)


def test_an_execution_that_is_not_listed_yet_starts(machine: dict[str, Any]) -> None:
    run = Run(machine, others=[[]])

    assert run.perform() is None
    assert (run.waits, len(run.jobs)) == ([], len(ALL))


def test_without_retries_nothing_is_retried(synthesize: Synthesize) -> None:
    run = Run(synthesize(jobs={"retries": 0}).state_machine(), {FIRST: ["Py4JJavaError: the network is down"]})

    assert run.perform() is not None
    assert run.jobs == [FIRST]
