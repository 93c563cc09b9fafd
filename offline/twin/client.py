"""Starts, finds and stops the local stack of a lake."""

from __future__ import annotations

import json
import os
import shlex
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

from contracts.errors import PlatformError
from offline.twin import requirements, synth
from offline.twin.endpoint import Endpoint, connect
from offline.twin.lock import locked
from offline.twin.record import NAME, Record

STOP_SECONDS = 15.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Twin:
    """A running local stack of one lake."""

    lake: Path
    record: Record

    @property
    def endpoint(self) -> Endpoint:
        assert self.record.port
        # A server of an earlier version has no keys, and accepts any.
        return Endpoint(self.record.port, self.record.access_key or "twin", self.record.secret_key or "twin")

    @property
    def is_outdated(self) -> bool:
        """Whether an earlier version has started the server, which then has no keys."""
        return self.record.secret_key is None

    @property
    def exports(self) -> str:
        """Shell commands that point any AWS tool at this stack."""
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.endpoint.environment.items())

    def client(self, service: str) -> Any:
        """A boto3 client for this stack."""
        return connect(service, self.endpoint)

    @property
    def server_key(self) -> str:
        """The API's key for servers."""
        return str(self.client("secretsmanager").get_secret_value(SecretId=self.output("ServerKeySecretArn"))["SecretString"])

    def output(self, key: str) -> str:
        """An output of a stack; PlatformError when no stack has it."""
        if key not in self.record.outputs:
            raise PlatformError(f"{key}: no stack has this output; add it in stacks/.")
        return self.record.outputs[key]


def find(lake: Path) -> Twin | None:
    """The running local stack of this lake, if any. PlatformError when it is another user's."""
    if (lake / NAME).exists() and not os.access(lake / NAME, os.R_OK):
        raise PlatformError(f"{lake / NAME}: this lake's local stack belongs to another user; use a lake of your own (--lake).")
    record = Record.read(lake)
    if record is None or record.port is None:
        return None
    identity = _ask(record)
    return Twin(lake, record) if identity and identity["lake"] == str(lake.resolve()) else None


def up(lake: Path, *, memory: str | None = None) -> Twin:
    """The local stack for the current app; started if none runs, restarted if it runs an older app.

    `memory` also starts Spark with this driver memory, in parallel with the deployment. PlatformError when the app cannot be
    synthesized or deployed.
    """
    requirements.check(lake)
    with locked(lake, "twin", wait=True):
        running = find(lake)
        if running and running.record.key == synth.fingerprint() and not running.is_outdated:
            return running
        assembly = synth.assembly()
        if running:
            _stop(running)
        return _start(lake, assembly, memory)


def down(lake: Path) -> bool:
    """Stops the local stack; False when none was running."""
    with locked(lake, "twin", wait=True):
        running = find(lake)
        if running:
            _stop(running)
        return running is not None


def recent_runs(twin: Twin, limit: int = 10) -> list[tuple[str, str, str, int]]:
    """Job, start, state and seconds of the most recent job runs, latest first."""
    glue = twin.client("glue")
    jobs = [value for key, value in twin.record.outputs.items() if key.endswith("Job")]
    runs = [run for job in jobs for run in glue.get_job_runs(JobName=job)["JobRuns"]]
    recent = sorted(runs, key=lambda run: run["StartedOn"], reverse=True)[:limit]
    return [(run["JobName"], f"{run['StartedOn']:%Y-%m-%d %H:%M:%S}", run["JobRunState"], run["ExecutionTime"]) for run in recent]


def _start(folder: Path, assembly: synth.Assembly, memory: str | None) -> Twin:
    lake = folder.resolve()
    (lake / "log").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "offline.twin.server", str(lake), assembly.folder.name, str(assembly.folder)]
    with (lake / "log" / "twin.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *([memory] if memory else [])],
            cwd=synth.ROOT,
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout
    try:
        with process.stdout as stdout:
            line = stdout.readline()
    except BaseException:
        process.kill()
        raise
    started = json.loads(line or '{"failed": "The local stack ended while starting"}')
    record = Record.read(lake)
    if "failed" in started or record is None:
        process.wait()
        raise PlatformError(
            f"{started.get('failed', 'The local stack wrote no record').rstrip('.')} (log: {folder / 'log' / 'twin.log'})."
        )
    # The server outlives this process.
    process.returncode = 0
    return Twin(folder, record)


def _server_environment() -> dict[str, str]:
    """Nothing of the user's AWS settings applies to the server and its jobs; a profile that does not exist would stop moto."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _stop(twin: Twin) -> None:
    assert twin.record.pid
    _ask(twin.record, "/stop", method="POST")
    for _ in _until(STOP_SECONDS):
        if not _ask(twin.record):
            break
    else:
        with suppress(ProcessLookupError):
            os.kill(twin.record.pid, signal.SIGKILL)
    for _ in _until(STOP_SECONDS):
        if not _alive(twin.record.pid):
            return


def _until(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        # A child process stays until it is waited for.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _ask(record: Record, path: str = "", *, method: str = "GET") -> dict[str, Any] | None:
    """What the recorded server reports about itself; None if it is not a local stack."""
    request = urllib.request.Request(f"http://127.0.0.1:{record.port}/_twin{path}", method=method)
    request.add_header("Authorization", f"Bearer {record.secret_key}")
    try:
        with _direct.open(request, timeout=5) as answer:
            identity: dict[str, Any] = json.load(answer)
            return identity if {"lake", "pid"} <= identity.keys() else None
    except (OSError, ValueError, AttributeError, HTTPException):
        return None
