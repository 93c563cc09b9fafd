"""The twin's server, a process of its own: `python -m offline.twin.server LAKE KEY ASSEMBLY [MEMORY]`.

It creates the synthesized app in moto, says so in one line on its output (`{"port": …}` or `{"failed": sentence}`), and
serves AWS's APIs on 127.0.0.1 until it is told to stop, until its lake's folder names another server or is gone, or until
nobody has asked it for anything for half an hour (SHOPLAKE_IDLE, in seconds).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from contracts.errors import LakeError, PlatformError
from offline.twin import deploy, glue, history, memory, s3_backend, step_functions
from offline.twin.endpoint import PORT_VARIABLE, connect
from offline.twin.record import Record
from offline.twin.synth import Assembly

IDLE = float(os.environ.get("SHOPLAKE_IDLE", "1800"))
WATCHED = 1.0
OURS = "/_twin"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Handler(MotoRequestHandler):
    """HTTP as boto3 speaks it."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Every request in a log would drown the rest."""


class ControlMiddleware:
    """Takes requests in: our own questions are answered here, all others by moto."""

    def __init__(self, inner: Wsgi, lake: Path) -> None:
        self._inner, self._lake = inner, lake
        self.stopping = threading.Event()
        self.asked = time.monotonic()

    def __call__(self, environ: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
        self.asked = time.monotonic()
        path = environ.get("PATH_INFO", "")
        if not path.startswith(OURS):
            return self._inner(environ, begin)
        if path == f"{OURS}/stop":
            self.stopping.set()
        body = json.dumps({"lake": str(self._lake), "pid": os.getpid()}).encode()
        begin("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def main(lake: Path, key: str, assembly: Assembly, memory: str | None) -> None:
    """Serves until there is a reason to stop."""
    warnings.simplefilter("ignore")
    s3_backend.install(lake / "s3")
    door = ControlMiddleware(DomainDispatcherApplication(create_backend_app), lake)
    server = make_server("127.0.0.1", 0, door, threaded=True, request_handler=Handler)
    os.environ |= {PORT_VARIABLE: str(server.port), "MOTO_PORT": str(server.port)}
    executor = glue.Executor(lake, buckets=assembly.buckets)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        if memory:
            executor.warm_up(memory)
        told = _begin(lake, key, assembly, executor, server)
    except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the server must hear of it
        traceback.print_exc()
        executor.stop()
        _tell(
            {"failed": str(error) if isinstance(error, LakeError) else f"The twin failed to start ({error}); see log/twin.log."}
        )
        return
    _tell({"port": told.port})
    signal.signal(signal.SIGTERM, lambda *_: door.stopping.set())
    while not _is_over(told, lake, door, executor):
        door.stopping.wait(WATCHED)
    history.save(lake)
    executor.stop()
    told.without_server().write_if_mine(lake)


def _begin(lake: Path, key: str, assembly: Assembly, executor: glue.Executor, server: BaseWSGIServer) -> Record:
    glue.install(executor)
    step_functions.install(lake)
    deploy.install()
    outputs = deploy.deploy(assembly, lake / "s3")
    _adopt(lake / "s3")
    memory.restore(lake)
    record = Record(key=key, zones=assembly.zones, outputs=outputs, pid=os.getpid(), port=server.port)
    for zone, bucket in record.zones.items():
        (lake / "s3" / bucket).mkdir(parents=True, exist_ok=True)
        if bucket not in outputs.values():
            raise PlatformError(
                f"{zone}: the deployed bucket is not {bucket}, as its template says; this is a fault in offline/twin."
            )
    record.write(lake)
    return record


def _adopt(buckets: Path) -> None:
    """Buckets that someone made beside the stacks are there again, as their objects are."""
    client = connect("s3")
    there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for folder in buckets.iterdir():
        if folder.is_dir() and folder.name not in there:
            client.create_bucket(Bucket=folder.name)


def _is_over(told: Record, lake: Path, door: ControlMiddleware, executor: glue.Executor) -> bool:
    if door.stopping.is_set():
        return True
    if executor.busy or step_functions.running():
        door.asked = time.monotonic()
    now = Record.read(lake)
    return now is None or now.pid != told.pid or time.monotonic() - door.asked > IDLE


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Assembly(Path(sys.argv[3])), sys.argv[4] if len(sys.argv) > 4 else None)
