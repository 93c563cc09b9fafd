"""Runs Glue jobs on Spark.

One warm Spark process serves one run after another; runs of different jobs wait for each other in STARTING. Code comes from the
deployed assets, as on Glue, not from the checkout. A run's arguments and timeout apply, and `--conf spark.driver.memory=…` sets
Spark's driver memory; workers, connections, bookmarks and Glue's own retries do not apply.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from moto.glue import models

from offline.twin.record import FINAL_JOB_STATES, events
from offline.twin.services.glue import runs
from offline.twin.services.glue.runs import Run
from offline.twin.spark.process import MEMORY, ROWS, Worker, rows_of

IDLE_SECONDS = 300.0
STOP_SECONDS = 5.0
TIMEOUT_MINUTES = 2880


class Executor:
    """A queue of job runs and the Spark process that works on them."""

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
        """Starts Spark before the first run."""
        with self._lock:
            self._worker = self._worker or Worker(self.lake, memory, self._buckets)

    def submit(self, job: models.FakeJob, run: Run) -> None:
        run.glue_version = job.glue_version
        self._queue.put((job, run))

    def stop_run(self, run: Run) -> None:
        """Stops a waiting or a running run. A running one takes the Spark process with it."""
        with self._lock:
            if run.state in FINAL_JOB_STATES:
                return
            if run is self._current and self._worker:
                run.set_state("STOPPING")
                self._worker.kill()
            else:
                run.set_state("STOPPED")

    def stop(self) -> None:
        """Ends the Spark process and the current run."""
        with self._lock:
            self._stopped = True
            if self._current:
                self._current.set_state("STOPPING")
            if self._worker:
                self._worker.kill()
        deadline = time.monotonic() + STOP_SECONDS
        while self._current and time.monotonic() < deadline:
            time.sleep(0.02)

    def _serve(self) -> None:
        while not self._stopped:
            try:
                job, run = self._queue.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._stop_worker()
                continue
            code = None
            try:
                code = self._perform(job, run)
            except Exception as error:  # noqa: BLE001 - the next run must be served all the same
                run.set_state("FAILED", f"The run could not be started: {error}")
            finally:
                self._current = None
                # On a full disk the run itself has reported it.
                with suppress(OSError):
                    runs.save(self.lake, run, code=code)

    def _stop_worker(self) -> None:
        with self._lock:
            if self._worker:
                self._worker.kill()
            self._worker = None

    def _perform(self, job: models.FakeJob, run: Run) -> str | None:
        """The code of the error that the script raised, if any; None when the run ended in a way the script did not choose."""
        request = self._request(job, run)
        with self._lock:
            if self._stopped or run.state in FINAL_JOB_STATES:
                return None
            worker = self._ready_worker(request["py_files"], _memory(run.arguments or {}))
            self._current = run
            run.set_state("RUNNING")
        timeout = float(run.timeout or job.timeout or TIMEOUT_MINUTES)
        timer = threading.Timer(timeout * 60, self._time_out, (run, worker, timeout))
        timer.start()
        answer = worker.ask(request)
        timer.cancel()
        with self._lock:
            if run.state == "STOPPING":
                run.set_state("STOPPED", "The run was stopped.")
            elif run.state == "RUNNING":
                answer = answer or {"state": "FAILED", "error": self._spark_ended(), "code": None}
                run.set_state(answer["state"], answer["error"], message=answer.get("message"))
            code = answer["code"] if answer else None
            if code is None:
                worker.kill()
                self._worker = None
        return code

    def _ready_worker(self, py_files: Sequence[str], memory: str) -> Worker:
        """A worker with this driver memory that has loaded no other code, and is not set up for a lake that has grown since."""
        worker = self._worker
        fits = worker and worker.alive and worker.memory == memory and worker.py_files <= set(py_files)
        fits = fits and worker and ROWS.index(rows_of(self.lake, self._buckets)) <= ROWS.index(worker.rows)
        if worker is None or not fits:
            if worker:
                worker.kill()
            worker = self._worker = Worker(self.lake, memory, self._buckets)
        return worker

    def _request(self, job: models.FakeJob, run: Run) -> dict[str, Any]:
        """What the worker needs to run this run; see `offline.twin.spark.worker`."""
        event_file = events(self.lake, run.job_run_id)
        event_file.parent.mkdir(parents=True, exist_ok=True)
        arguments = {key: str(value) for key, value in (run.arguments or {}).items()}
        extra = [uri for uri in arguments.get("--extra-py-files", "").split(",") if uri.endswith((".zip", ".py", ".whl"))]
        arguments |= {"--JOB_NAME": job.name, "--JOB_RUN_ID": run.job_run_id}
        return {
            "script": str(self._file(dict(job.command)["ScriptLocation"])),
            "py_files": [str(self._file(uri.strip())) for uri in extra],
            "argv": [part for pair in arguments.items() for part in pair],
            "events": str(event_file),
        }

    def _file(self, uri: str) -> Path:
        """The file of an s3:// URI."""
        return self.lake.resolve() / "s3" / uri.removeprefix("s3://")

    def _time_out(self, run: Run, worker: Worker, minutes: float) -> None:
        with self._lock:
            if run.state == "RUNNING":
                run.set_state("TIMEOUT", f"The run exceeded its timeout of {minutes:g} minutes.")
                worker.kill()

    def _spark_ended(self) -> str:
        return (
            "Spark's process ended in the middle of the run, possibly because this machine ran out of memory; "
            f"committed work is kept. Run again (log: {self.lake / 'log' / 'spark.log'})."
        )


def _memory(arguments: dict[str, str]) -> str:
    conf = str(arguments.get("--conf", ""))
    return next((part.rpartition("=")[2] for part in conf.split() if part.startswith("spark.driver.memory=")), MEMORY)
