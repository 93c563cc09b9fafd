"""A warm Spark in its own process, started by the Glue executor: `python -m offline.twin.spark.worker LAKE MEMORY ROWS
BUCKET…`; ROWS is few, some or many.

It reads one request per line, `{"script", "py_files", "argv", "events"}`, runs the script as Glue does (its extra Python files
first on the path, its arguments after its name), and answers with one line, `{"state", "error", "code", "message"}`. The code is
that of the job's own error, null for any other failure; the message of its own error is the one that Glue would report. During
the run it appends events to a file: `{"table": …}`, `{"tasks": "3 of 8 tasks"}`, and at the end `{"result": […]}`, the return
value of `main`. A script without `main` runs as `__main__`. After a failure that is not the job's own error the process ends,
because Spark may be in any state; the executor starts another.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS = 0.25


def main(lake: Path, memory: str, rows: str, buckets: list[str]) -> None:
    """Serves requests until its input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = lake / "log" / "spark.log"
    _redirect_output(log)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from offline.twin.spark.session import session  # noqa: PLC0415 - after the redirect, which Java inherits

    spark = session({name: lake / "s3" / name for name in buckets}, log=log, memory=memory, rows=rows)
    for line in sys.stdin:
        request = json.loads(line)
        answer = _run(spark, request, log=log, memory=memory)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if answer["error"] and not answer["code"]:
            # Stopping Spark may hang for the same reason.
            os._exit(1)
    spark.stop()


def _redirect_output(log: Path) -> None:
    """Sends the output of this process and of Java to Spark's log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)


def _end_with_parent(parent: int) -> None:
    """Ends with the server, so that a killed server leaves no run behind. Java ends with this process."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _run(spark: SparkSession, request: dict[str, Any], *, log: Path, memory: str) -> dict[str, Any]:
    for path in request["py_files"]:
        _add_to_path(path)
    from contracts.errors import LakeError, marked  # noqa: PLC0415 - as deployed
    from glue_jobs.lib.lake.progress import listening  # noqa: PLC0415 - as deployed
    from offline.twin.spark.error_messages import sentence  # noqa: PLC0415

    logged_before = log.stat().st_size
    with Path(request["events"]).open("a", encoding="utf-8") as events:
        try:
            with _progress_events(spark, events), listening(lambda table: _write_event(events, table=table)):
                result = _perform(request["script"], request["argv"])
            _write_event(events, result=[asdict(one) for one in result or () if is_dataclass(one) and not isinstance(one, type)])
        except LakeError as error:
            return {"state": "FAILED", "error": str(error), "code": error.code, "message": marked(error)}
        except SystemExit as error:
            if error.code in (None, 0):
                return {"state": "SUCCEEDED", "error": None, "code": LakeError.code}
            return {
                "state": "FAILED",
                "error": f"The job ended itself with exit code {error.code} (log: {log}).",
                "code": LakeError.code,
            }
        except BaseException as error:  # noqa: BLE001 - the caller is another process
            with suppress(OSError):
                traceback.print_exc()
            return {
                "state": "FAILED",
                "error": sentence(error, log=log, memory=memory, logged_before=logged_before),
                "code": None,
            }
    return {"state": "SUCCEEDED", "error": None, "code": LakeError.code}


def _add_to_path(path: str) -> None:
    """Our own packages come first. Libraries come last: the installed ones have the same locked version, but are compiled."""
    if path not in sys.path:
        with zipfile.ZipFile(path) as packed:
            ours = any(name.startswith("glue_jobs/") for name in packed.namelist())
        sys.path.insert(0 if ours else len(sys.path), path)


def _perform(script: str, argv: list[str]) -> Any:
    """Calls the script's `main` with these arguments, or runs the script."""
    sys.argv = [script, *argv]
    module = runpy.run_path(script, run_name="deployed")
    if "main" in module:
        return module["main"](argv)
    runpy.run_path(script, run_name="__main__")
    return None


@contextmanager
def _progress_events(spark: SparkSession, events: IO[str]) -> Iterator[None]:
    """Writes the progress of Spark's tasks while the block runs."""
    stopped = threading.Event()

    def follow() -> None:
        last = ""
        while not stopped.wait(SECONDS):
            # Spark may be stopping; a missing progress event does no harm.
            with suppress(Exception):
                if (tasks := _tasks(spark)) != last:
                    _write_event(events, tasks=tasks)
                    last = tasks

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=2)


def _tasks(spark: SparkSession) -> str:
    tracker = spark.sparkContext.statusTracker()
    stages = [info for stage in tracker.getActiveStageIds() if (info := tracker.getStageInfo(stage))]
    total = sum(info.numTasks for info in stages)
    return f"{sum(info.numCompletedTasks for info in stages)} of {total} tasks" if total else ""


def _write_event(events: IO[str], **event: Any) -> None:
    events.write(json.dumps(event, default=str) + "\n")
    events.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
