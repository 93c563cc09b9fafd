"""A job run from its start to its end, as the command line follows it: progress, figures, and what went wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import LakeError
from glue_jobs.lib.lake.account import TableAccount
from offline.twin.client import Twin
from offline.twin.record import events

LOOKED = 0.03
ASKED = 2.0
STOPPED = 10.0
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")


class RunError(LakeError):
    """A failure that is not the job's own sentence: whatever runs next is likely to fail as well."""


class TaskProgress(Protocol):
    """What shows progress."""

    tasks: str


@dataclass(frozen=True)
class JobResult:
    """What a job did for one source; `accounts` is empty when there was nothing to do."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()


def run_job(twin: Twin, output: str, arguments: Mapping[str, str], watch: TaskProgress) -> list[JobResult]:
    """Runs the job that this output names; what it did, by source.

    LakeError with the job's own sentence, RunError for any other failure. A run that is not followed to its end (Ctrl-C) is
    stopped.
    """
    name = twin.output(output)
    with _reached(twin):
        try:
            run_id: str = twin.client("glue").start_job_run(JobName=name, Arguments=dict(arguments))["JobRunId"]
        except twin.client("glue").exceptions.ConcurrentRunsExceededException:
            raise RunError(
                f"{twin.lake}: another run works on this lake (job {name}); two would overwrite each other's partitions. "
                "Wait until it ends, then try again."
            ) from None
        try:
            return _follow(twin, name, run_id, watch)
        except BaseException:
            _stop(twin, name, run_id)
            raise


@contextmanager
def _reached(twin: Twin) -> Iterator[None]:
    """Says in one sentence that the twin does not answer."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise RunError(
            f"The twin of {twin.lake} does not answer as it should ({' '.join(str(error).split())[:200]}); what was "
            f"committed before stands. Run again (log: {twin.lake / 'log' / 'twin.log'})."
        ) from error


def _follow(twin: Twin, name: str, run_id: str, watch: TaskProgress) -> list[JobResult]:
    done: list[JobResult] = []
    for event in _events(twin, name, run_id):
        watch.tasks = event.get("tasks", watch.tasks)
        done += [_done(one) for one in event.get("result", ())]
        if event.get("state") == "SUCCEEDED":
            return done
        if "state" in event:
            raise (LakeError if event["own"] else RunError)(event["error"] or f"The run of {name} ended as {event['state']}.")
    raise AssertionError


def _events(twin: Twin, name: str, run_id: str) -> Iterator[dict[str, Any]]:
    """The lines of the run's events as they are written, the last with its state."""
    path, read = events(twin.lake, run_id), 0
    asked = time.monotonic()
    while True:
        lines, read = _new_lines(path, read)
        for line in lines:
            yield json.loads(line)
        if time.monotonic() - asked > ASKED:
            asked = time.monotonic()
            run = twin.client("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
            if run["JobRunState"] in ENDED and not _new_lines(path, read)[0]:
                yield {"state": run["JobRunState"], "error": run.get("ErrorMessage"), "own": False}
        time.sleep(LOOKED)


def _new_lines(path: Path, start: int) -> tuple[list[bytes], int]:
    """The whole lines after `start`, and where the next ones will begin."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            text = file.read()
    except FileNotFoundError:
        return [], start
    end = text.rfind(b"\n") + 1
    return text[:end].splitlines(), start + end


def _done(told: Mapping[str, Any]) -> JobResult:
    accounts = tuple(TableAccount(**account) for account in told.get("accounts", ()))
    return JobResult(told["source"], told["run_id"], accounts, tuple(told.get("notices", ())))


def _stop(twin: Twin, name: str, run_id: str) -> None:
    """Stops the run and waits until it has, so that whoever runs next finds nobody at work."""
    with suppress(BotoCoreError, ClientError, KeyboardInterrupt):
        glue = twin.client("glue")
        glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
        deadline = time.monotonic() + STOPPED
        while time.monotonic() < deadline:
            if glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]["JobRunState"] in ENDED:
                return
            time.sleep(0.1)
