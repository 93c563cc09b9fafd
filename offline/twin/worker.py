"""A warm Spark in a process of its own, started by the Glue executor: `python -m offline.twin.worker LAKE MEMORY BUCKET…`.

Reads one order a line on its input, `{"script", "py_files", "argv", "events"}`, runs that script as Glue does (its extra
Python files first on the path, its arguments after its name) and answers with one line, `{"state", "error", "own"}`. While a
run lasts, its file of events grows by lines: `{"tasks": "3 of 8 tasks"}`, and at the end `{"result": […]}`, what `main` gave.
A script without `main` is run as `__main__`. After a failure that is not the job's own sentence the process ends, since
Spark may be in any state; the executor starts another.
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


def main(lake: Path, memory: str, buckets: list[str]) -> None:
    """Serves orders until its input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = lake / "log" / "spark.log"
    _speak_into(log)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from offline.twin.spark_session import session  # noqa: PLC0415 - Java keeps the outputs that it is started with

    spark = session({name: lake / "s3" / name for name in buckets}, log=log, memory=memory)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _run(spark, order, log=log, memory=memory)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if answer["error"] and not answer["own"]:
            # Stopping may hang for the same reason that the run failed.
            os._exit(1)
    spark.stop()


def _speak_into(log: Path) -> None:
    """All that is said here and in Java goes to Spark's log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)


def _end_with_parent(parent: int) -> None:
    """A server that was killed must not leave a run behind that nobody sees; Java ends when we do."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _run(spark: SparkSession, order: dict[str, Any], *, log: Path, memory: str) -> dict[str, Any]:
    for path in order["py_files"]:
        _take(path)
    from contracts.errors import LakeError  # noqa: PLC0415 - as deployed
    from offline.twin.error_messages import sentence  # noqa: PLC0415

    with Path(order["events"]).open("a", encoding="utf-8") as events:
        try:
            with _told(spark, events):
                result = _perform(order["script"], order["argv"])
            _tell(events, result=[asdict(one) for one in result or () if is_dataclass(one) and not isinstance(one, type)])
        except LakeError as error:
            return {"state": "FAILED", "error": str(error), "own": True}
        except SystemExit as error:
            if error.code in (None, 0):
                return {"state": "SUCCEEDED", "error": None, "own": True}
            return {"state": "FAILED", "error": f"The job ended itself with exit code {error.code} (log: {log}).", "own": True}
        except BaseException as error:  # noqa: BLE001 - the caller's process is another one
            with suppress(OSError):
                traceback.print_exc()
            return {"state": "FAILED", "error": sentence(error, log=log, memory=memory), "own": False}
    return {"state": "SUCCEEDED", "error": None, "own": True}


def _take(path: str) -> None:
    """Our own packages come before all others. Libraries are what is installed, at the same locked version, but compiled."""
    if path not in sys.path:
        with zipfile.ZipFile(path) as packed:
            ours = any(name.startswith("glue_jobs/") for name in packed.namelist())
        sys.path.insert(0 if ours else len(sys.path), path)


def _perform(script: str, argv: list[str]) -> Any:
    """What the script's `main` gives when called as the script itself would call it."""
    sys.argv = [script, *argv]
    begun = runpy.run_path(script, run_name="deployed")
    if "main" in begun:
        return begun["main"](argv)
    runpy.run_path(script, run_name="__main__")
    return None


@contextmanager
def _told(spark: SparkSession, events: IO[str]) -> Iterator[None]:
    """Writes how far Spark's tasks are while the block runs."""
    ended = threading.Event()

    def follow() -> None:
        last = ""
        while not ended.wait(SECONDS):
            # Spark may be stopping: a line that is not refreshed once harms nobody.
            with suppress(Exception):
                if (tasks := _tasks(spark)) != last:
                    _tell(events, tasks=tasks)
                    last = tasks

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=2)


def _tasks(spark: SparkSession) -> str:
    tracker = spark.sparkContext.statusTracker()
    stages = [info for stage in tracker.getActiveStageIds() if (info := tracker.getStageInfo(stage))]
    total = sum(info.numTasks for info in stages)
    return f"{sum(info.numCompletedTasks for info in stages)} of {total} tasks" if total else ""


def _tell(events: IO[str], **what: Any) -> None:
    events.write(json.dumps(what, default=str) + "\n")
    events.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
