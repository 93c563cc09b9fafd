"""Faults for the drill: a job killed with its Java process, and a storage that stops working."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glue_jobs.lib.lake.storage import Storage
from tests.support.users import as_user

WRITES = ("write_text", "move", "delete")
JOB = """
import json, sys
from importlib import import_module
from pathlib import Path
from offline.twin.spark.session import session
from tests.support.spark_settings import SETTINGS, interpreted_plans

root, jobs, arguments = Path(sys.argv[1]), sys.argv[2].split(), json.loads(sys.argv[3])
buckets = {f"shoplake-{zone}": root / "s3" / f"shoplake-{zone}" for zone in ("raw", "processed", "curated")}
spark = session(buckets, log=root / "drill" / "spark.log", memory="1g")
for key, value in SETTINGS.items():
    spark.conf.set(key, value)
with interpreted_plans(spark):
    print("started", flush=True)
    for job in jobs:
        import_module(f"glue_jobs.{job}").main(arguments)
"""


class StorageDown(BaseException):
    """Not an Exception: a dead process runs no error handling either."""


@contextmanager
def storage_down_after(writes: int) -> Iterator[list[str]]:
    """Let a number of storage writes pass and fail every later one; yields the names of those that passed."""
    passed: list[str] = []
    lock = threading.Lock()
    working = {name: getattr(Storage, name) for name in WRITES}

    def limited(name: str) -> Any:
        def call(storage: Storage, *arguments: str) -> Any:
            with lock:
                if len(passed) >= writes:
                    raise StorageDown
                passed.append(name)
            return working[name](storage, *arguments)

        return call

    for name in WRITES:
        setattr(Storage, name, limited(name))
    try:
        yield passed
    finally:
        for name, function in working.items():
            setattr(Storage, name, function)


def start_jobs(root: Path, jobs: Sequence[str], arguments: list[str], *, user: int | None = None) -> subprocess.Popen[str]:
    """Run jobs in a process group of their own, Java included; returns when Spark is up and the first job begins."""
    prefix = [] if user is None else as_user(user)
    command = [*prefix, sys.executable, "-c", JOB, str(root), " ".join(jobs), json.dumps(arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, **pipes, text=True, start_new_session=True)
    assert process.stdout
    if process.stdout.readline() != "started\n":
        raise AssertionError(process.communicate()[1][-2000:])
    return process


def kill_group(process: subprocess.Popen[str]) -> bool:
    """Kill the job with everything it started. False if it had finished before."""
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return running


def _damage(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.write_bytes(change(file.read_bytes()))

    return damage


# Ways in which a Parquet file breaks, by name; each takes the file.
DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "no magic": _damage(lambda content: content[:-4] + bytes(4)),
    "truncated": _damage(lambda content: content[: len(content) // 2]),
    "empty": _damage(lambda _: b""),
    "damaged footer": _damage(lambda content: content[:-60] + bytes(40) + content[-20:]),
    "damaged page": _damage(lambda content: content[:4] + bytes(120) + content[124:]),
}
