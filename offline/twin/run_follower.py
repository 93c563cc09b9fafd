"""Starts a job run and follows it to its end: progress, results and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import PlatformError, by_code
from glue_jobs.lib.lake.account import TableAccount
from offline.twin.client import Twin
from offline.twin.record import FINAL_JOB_STATES, events

POLL_SECONDS = 0.03
STATE_SECONDS = 2.0
STOP_SECONDS = 10.0


class RunError(PlatformError):
    """A failure that is not specific to the job's input; the next run is likely to fail as well."""


class RunProgress(Protocol):
    """Shows how far a run is."""

    def update(self, *, table: str | None = None, tasks: str | None = None) -> None: ...


@dataclass(frozen=True)
class JobResult:
    """What a job did for one source; `accounts` is empty when nothing changed."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()


def run_job(twin: Twin, output: str, arguments: Mapping[str, str], progress: RunProgress) -> list[JobResult]:
    """Runs the job named by this stack output; its results by source.

    Raises the job's own LakeError, or RunError for any other failure. Ctrl-C stops the run.
    """
    name = twin.output(output)
    with _reachable(twin):
        try:
            run_id: str = twin.client("glue").start_job_run(JobName=name, Arguments=dict(arguments))["JobRunId"]
        except twin.client("glue").exceptions.ConcurrentRunsExceededException:
            raise RunError(
                f"{twin.lake}: another run is working on this lake (job {name}); two would overwrite each other's partitions. "
                "Wait until it ends, then try again."
            ) from None
        try:
            return _follow(twin, name, run_id, progress)
        except BaseException:
            _stop(twin, name, run_id)
            raise


@contextmanager
def _reachable(twin: Twin) -> Iterator[None]:
    """Turns a local stack that does not answer into a RunError."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise RunError(
            f"The local stack of {twin.lake} does not respond ({' '.join(str(error).split())[:200]}); committed work is kept. "
            f"Run again (log: {twin.lake / 'log' / 'twin.log'})."
        ) from error


def _follow(twin: Twin, name: str, run_id: str, progress: RunProgress) -> list[JobResult]:
    results: list[JobResult] = []
    for event in _events(twin, name, run_id):
        progress.update(table=event.get("table"), tasks=event.get("tasks"))
        results += [_result(one) for one in event.get("result", ())]
        if event.get("state") == "SUCCEEDED":
            return results
        if "state" in event:
            error = by_code(event["code"]) if event["code"] else RunError
            raise error(event["error"] or f"The run of {name} ended as {event['state']}.")
    raise AssertionError


def _events(twin: Twin, name: str, run_id: str) -> Iterator[dict[str, Any]]:
    """The run's events as they are written; the last one has its final state."""
    path, read = events(twin.lake, run_id), 0
    checked = time.monotonic()
    while True:
        lines, read = _new_lines(path, read)
        for line in lines:
            yield json.loads(line)
        if time.monotonic() - checked > STATE_SECONDS:
            checked = time.monotonic()
            run = twin.client("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
            if run["JobRunState"] in FINAL_JOB_STATES and not _new_lines(path, read)[0]:
                yield {"state": run["JobRunState"], "error": run.get("ErrorMessage"), "code": None}
        time.sleep(POLL_SECONDS)


def _new_lines(path: Path, start: int) -> tuple[list[bytes], int]:
    """The complete lines after `start`, and the offset of the next one."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            text = file.read()
    except FileNotFoundError:
        return [], start
    end = text.rfind(b"\n") + 1
    return text[:end].splitlines(), start + end


def _result(event: Mapping[str, Any]) -> JobResult:
    accounts = tuple(TableAccount(**account) for account in event.get("accounts", ()))
    return JobResult(event["source"], event["run_id"], accounts, tuple(event.get("notices", ())))


def _stop(twin: Twin, name: str, run_id: str) -> None:
    """Stops the run and waits for it, so that the next run finds the lake free."""
    with suppress(BotoCoreError, ClientError, KeyboardInterrupt):
        glue = twin.client("glue")
        glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]["JobRunState"] in FINAL_JOB_STATES:
                return
            time.sleep(0.1)
