"""From the lake's side: start the twin where there is none, ask it, stop it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from contracts.errors import LakeError
from offline.lake.local_lake import LocalLake
from offline.twin import synth
from offline.twin.endpoint import REGION, connect
from offline.twin.record import Record

STOPPING = 15.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Twin:
    """A running twin of one lake."""

    lake: Path
    record: Record

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.record.port}"

    @property
    def export(self) -> str:
        """What a shell is told so that any AWS tool asks this twin."""
        return f"AWS_ENDPOINT_URL={self.endpoint} AWS_ACCESS_KEY_ID=twin AWS_SECRET_ACCESS_KEY=twin AWS_DEFAULT_REGION={REGION}"

    def client(self, service: str) -> Any:
        """A boto3 client of this twin."""
        return connect(service, self.record.port)

    def output(self, key: str) -> str:
        """An output of a stack; LakeError when no stack has it."""
        if key not in self.record.outputs:
            raise LakeError(f"{key}: no stack has this output; add it in stacks/.")
        return self.record.outputs[key]


def find(home: LocalLake) -> Twin | None:
    """The twin that serves this lake now."""
    record = Record.read(home.root)
    if record is None or record.port is None:
        return None
    told = _ask(record.port, "")
    return Twin(home.root, record) if told and told["lake"] == str(home.root.resolve()) else None


def up(home: LocalLake, *, memory: str | None = None) -> Twin:
    """The lake's twin, of the app as it is now; started when there is none, or one of an older app.

    `memory` is the heap of a Spark that is to be started at once, beside the deployment. LakeError when the app cannot be
    synthesized or created.
    """
    with home.locked("twin", wait=True):
        running = find(home)
        if running and running.record.key == synth.fingerprint():
            return running
        assembly = synth.assembly()
        if running:
            _stop(running)
        return _start(home, assembly, memory)


def down(home: LocalLake) -> bool:
    """Stops the lake's twin; False when there was none."""
    with home.locked("twin", wait=True):
        running = find(home)
        if running:
            _stop(running)
        return running is not None


def newest_runs(twin: Twin, limit: int = 10) -> list[tuple[str, str, str, int]]:
    """Job, start, state and seconds of the newest job runs, the newest first."""
    glue = twin.client("glue")
    jobs = [value for key, value in twin.record.outputs.items() if key.endswith("Job")]
    runs = [run for job in jobs for run in glue.get_job_runs(JobName=job)["JobRuns"]]
    newest = sorted(runs, key=lambda run: run["StartedOn"], reverse=True)[:limit]
    return [(run["JobName"], f"{run['StartedOn']:%Y-%m-%d %H:%M:%S}", run["JobRunState"], run["ExecutionTime"]) for run in newest]


def _start(home: LocalLake, assembly: synth.Assembly, memory: str | None) -> Twin:
    lake = home.root.resolve()
    (lake / "log").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "offline.twin.server", str(lake), assembly.folder.name, str(assembly.folder)]
    with (lake / "log" / "twin.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *([memory] if memory else [])],
            cwd=synth.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout
    try:
        with process.stdout as said:
            line = said.readline()
    except BaseException:
        process.kill()
        raise
    told = json.loads(line or '{"failed": "The twin ended as it started"}')
    record = Record.read(lake)
    if "failed" in told or record is None:
        process.wait()
        raise LakeError(f"{told.get('failed', 'The twin wrote no record').rstrip('.')} (log: {home.root / 'log' / 'twin.log'}).")
    # The server outlives us; nobody waits for it.
    process.returncode = 0
    return Twin(home.root, record)


def _stop(twin: Twin) -> None:
    assert twin.record.port
    assert twin.record.pid
    _ask(twin.record.port, "/stop")
    for _ in _until(STOPPING):
        if not _ask(twin.record.port, ""):
            break
    else:
        with suppress(ProcessLookupError):
            os.kill(twin.record.pid, signal.SIGKILL)
    for _ in _until(STOPPING):
        if not _alive(twin.record.pid):
            return


def _until(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        # If we started it ourselves, it is there until somebody looks.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _ask(port: int, question: str) -> dict[str, Any] | None:
    """What the server at this port says of itself; None where nobody or somebody else answers."""
    try:
        with _direct.open(f"http://127.0.0.1:{port}/_twin{question}", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return told if {"lake", "pid"} <= told.keys() else None
    except (OSError, ValueError, AttributeError, HTTPException):
        return None
