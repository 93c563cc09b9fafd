"""The Glue executor: a job run that anyone starts in the twin runs the deployed script, with the deployed arguments, on Spark.

One warm Spark process (`offline.twin.worker`) serves one run after another; runs of different jobs wait for each other in
STARTING. Code comes from the deployed assets, as on Glue, never from the checkout. Of a run's parameters its arguments and
timeout count, and `--conf spark.driver.memory=…` sets Spark's heap; workers, connections, bookmarks and Glue's own retries
do not.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue import models, responses

from offline.twin import history
from offline.twin.record import FINAL_JOB_STATES, events
from offline.twin.spark_process import Worker

IDLE = 300.0
MEMORY = "4g"


class Run(models.FakeJobRun):
    """A job run as the API shows it, with the states that the executor gives it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = "STARTING"
        self.completed_on: datetime | None = None
        self.error: str | None = None
        self.glue_version: str | None = None

    @property
    def status(self) -> str:
        return self.state

    @status.setter
    def status(self, value: str) -> None:
        self.state = value

    def advance(self) -> None:
        """The executor alone decides how far a run is."""

    def to(self, state: str, error: str | None = None) -> None:
        self.state, self.error, self.modified_on = state, error, utcnow()
        if state in FINAL_JOB_STATES:
            self.completed_on = self.modified_on

    def as_dict(self) -> dict[str, Any]:
        seconds = int(((self.completed_on or utcnow()) - self.started_on).total_seconds())
        shown = super().as_dict() | {"JobRunState": self.state, "ExecutionTime": seconds, "LogGroupName": "/aws-glue/jobs"}
        shown |= {"CompletedOn": self.completed_on, "ErrorMessage": self.error, "GlueVersion": self.glue_version}
        return {key: value for key, value in shown.items() if value is not None}


class Executor:
    """Runs what is submitted, one after another."""

    def __init__(self, lake: Path, *, buckets: Sequence[str]) -> None:
        self.lake, self._buckets = lake, buckets
        self._queue: queue.Queue[tuple[models.FakeJob, Run]] = queue.Queue()
        self._worker: Worker | None = None
        self._current: Run | None = None
        self._lock = threading.Lock()
        self._stopped = False
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def busy(self) -> bool:
        return self._current is not None or not self._queue.empty()

    def warm_up(self, memory: str) -> None:
        """Starts Spark before there is a run."""
        with self._lock:
            self._worker = self._worker or Worker(self.lake, memory, self._buckets)

    def submit(self, job: models.FakeJob, run: Run) -> None:
        run.glue_version = job.glue_version
        self._queue.put((job, run))

    def stop_run(self, run: Run) -> None:
        """Stops a run that waits or works; its worker goes with it."""
        with self._lock:
            if run.state in FINAL_JOB_STATES:
                return
            if run is self._current and self._worker:
                run.to("STOPPING")
                self._worker.kill()
            else:
                run.to("STOPPED")

    def stop(self) -> None:
        """Ends the worker and whatever it does."""
        with self._lock:
            self._stopped = True
            if self._current:
                self._current.to("STOPPING")
            if self._worker:
                self._worker.kill()
        deadline = time.monotonic() + 5
        while self._current and time.monotonic() < deadline:
            time.sleep(0.02)

    def _serve(self) -> None:
        while not self._stopped:
            try:
                job, run = self._queue.get(timeout=IDLE)
            except queue.Empty:
                with self._lock:
                    if self._worker:
                        self._worker.kill()
                    self._worker = None
                continue
            code = None
            try:
                code = self._perform(job, run)
            except Exception as error:  # noqa: BLE001 - the next run must be served all the same
                run.to("FAILED", f"The run could not be started: {error}")
            finally:
                self._current = None
                # On a full disk the run itself has said so.
                with suppress(OSError):
                    history.keep_run(self.lake, run, code=code)

    def _perform(self, job: models.FakeJob, run: Run) -> str | None:
        """The code of the error that the script raised, if any; None when the run ended in a way the script did not choose."""
        order = self._order(job, run)
        with self._lock:
            if self._stopped or run.state in FINAL_JOB_STATES:
                return None
            worker = self._ready(order["py_files"], _memory(run.arguments or {}))
            self._current = run
            run.to("RUNNING")
        late = threading.Timer(float(run.timeout or job.timeout or 2880) * 60, self._time_out, (run, worker))
        late.start()
        answer = worker.ask(order)
        late.cancel()
        with self._lock:
            if run.state == "STOPPING":
                run.to("STOPPED", "The run was stopped.")
            elif run.state == "RUNNING":
                run.to(answer["state"] if answer else "FAILED", answer["error"] if answer else self._died())
            code = answer["code"] if answer else None
            if code is None:
                worker.kill()
                self._worker = None
        return code

    def _ready(self, py_files: Sequence[str], memory: str) -> Worker:
        """A worker with this heap that has loaded no other code."""
        worker = self._worker
        fits = worker and worker.alive and worker.memory == memory and worker.py_files <= set(py_files)
        if worker is None or not fits:
            if worker:
                worker.kill()
            worker = self._worker = Worker(self.lake, memory, self._buckets)
        return worker

    def _order(self, job: models.FakeJob, run: Run) -> dict[str, Any]:
        told = events(self.lake, run.job_run_id)
        told.parent.mkdir(parents=True, exist_ok=True)
        arguments = {key: str(value) for key, value in (run.arguments or {}).items()}
        extra = [uri for uri in arguments.get("--extra-py-files", "").split(",") if uri.endswith((".zip", ".py", ".whl"))]
        given = arguments | {"--JOB_NAME": job.name, "--JOB_RUN_ID": run.job_run_id}
        return {
            "script": str(self._file(dict(job.command)["ScriptLocation"])),
            "py_files": [str(self._file(uri.strip())) for uri in extra],
            "argv": [part for pair in given.items() for part in pair],
            "events": str(told),
        }

    def _file(self, uri: str) -> Path:
        """Where the object of an s3:// URI lies."""
        return self.lake.resolve() / "s3" / uri.removeprefix("s3://")

    def _time_out(self, run: Run, worker: Worker) -> None:
        with self._lock:
            if run.state == "RUNNING":
                run.to("TIMEOUT", f"The run took longer than its {run.timeout} minutes.")
                worker.kill()

    def _died(self) -> str:
        return (
            "Spark's process ended in the middle of the run, perhaps for want of memory on this machine; "
            f"what was committed before stands. Run again (log: {self.lake / 'log' / 'spark.log'})."
        )


def _memory(arguments: dict[str, str]) -> str:
    conf = str(arguments.get("--conf", ""))
    return next((part.rpartition("=")[2] for part in conf.split() if part.startswith("spark.driver.memory=")), MEMORY)


def install(executor: Executor) -> None:
    """Makes moto's Glue hand its runs to the executor, and stop them."""
    started = models.GlueBackend.start_job_run

    def start_job_run(self: models.GlueBackend, name: str, *args: Any, **kwargs: Any) -> str:
        run_id: str = started(self, name, *args, **kwargs)
        job = self.get_job(name)
        run = next(run for run in job.job_runs if run.job_run_id == run_id)
        assert isinstance(run, Run)
        executor.submit(job, run)
        return run_id

    def batch_stop_job_run(self: responses.GlueResponse) -> ActionResult:
        name, wanted = self._get_param("JobName"), self._get_param("JobRunIds")
        found = {run.job_run_id: run for run in self.glue_backend.get_job(name).job_runs}
        for run_id in wanted:
            if isinstance(run := found.get(run_id), Run):
                executor.stop_run(run)
        missing = {"ErrorCode": "JobRunNotFoundException", "ErrorMessage": "There is no such run."}
        return ActionResult(
            {
                "SuccessfulSubmissions": [{"JobName": name, "JobRunId": run_id} for run_id in wanted if run_id in found],
                "Errors": [{"JobName": name, "JobRunId": i, "ErrorDetail": missing} for i in wanted if i not in found],
            }
        )

    models.FakeJobRun = Run
    models.GlueBackend.start_job_run = start_job_run
    responses.GlueResponse.batch_stop_job_run = batch_stop_job_run
