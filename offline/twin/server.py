"""The local stack's server, a process of its own: `python -m offline.twin.server LAKE KEY ASSEMBLY [MEMORY]`.

It creates the synthesized app in moto, writes one line to its output (`{"port": …}` or `{"failed": sentence}`), and serves AWS's
APIs on 127.0.0.1. It stops on request, when its lake's folder is gone or names another server, or after half an hour without
requests (SHOPLAKE_IDLE, in seconds).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

# Before moto, which makes sessions while it is imported.
import offline.twin.service_files  # noqa: F401 - importing it is enough

# isort: split

# No web page may read an answer.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from contracts.errors import LakeError, PlatformError
from offline.serving.guard import Environ, Guard, Wsgi, has_bearer
from offline.twin import deploy
from offline.twin.endpoint import Endpoint
from offline.twin.record import Record
from offline.twin.service import Service, Setup
from offline.twin.services import SERVICES
from offline.twin.signature import is_signed
from offline.twin.synth import Assembly

IDLE_SECONDS = float(os.environ.get("SHOPLAKE_IDLE", "1800"))
POLL_SECONDS = 1.0
CONTROL_PATH = "/_twin"


class Handler(MotoRequestHandler):
    """HTTP as boto3 speaks it."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """A line for every request would hide the rest of the log."""


class Dispatcher(DomainDispatcherApplication):
    """moto's, which lists its folder again at every request."""

    get_backend_for_host = lru_cache(maxsize=256)(DomainDispatcherApplication.get_backend_for_host)


class ControlMiddleware:
    """Answers requests about the server itself; passes all others to moto."""

    def __init__(self, inner: Wsgi, lake: Path) -> None:
        self._inner, self._lake = inner, lake
        self.stopping = threading.Event()
        self.last_request = time.monotonic()

    def __call__(self, environ: Environ, begin: Callable[..., Any]) -> Iterable[bytes]:
        self.last_request = time.monotonic()
        path = environ.get("PATH_INFO", "")
        if not path.startswith(CONTROL_PATH):
            return self._inner(environ, begin)
        if path == f"{CONTROL_PATH}/stop":
            if environ["REQUEST_METHOD"] != "POST":
                begin("405 Method Not Allowed", [("Allow", "POST"), ("Content-Length", "0")])
                return []
            self.stopping.set()
        body = json.dumps({"lake": str(self._lake), "pid": os.getpid()}).encode()
        begin("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def main(lake: Path, key: str, assembly: Assembly, memory: str | None, *, kinds: Sequence[type[Service]] = SERVICES) -> None:
    """Serves until there is a reason to stop."""
    warnings.simplefilter("ignore")
    access_key, secret_key = f"TWIN{secrets.token_hex(8).upper()}", secrets.token_hex(32)
    control = ControlMiddleware(Dispatcher(create_backend_app), lake)
    guarded = Guard(control, lambda request: is_signed(request, access_key, secret_key) or has_bearer(request, secret_key))
    server = make_server("127.0.0.1", 0, guarded, threaded=True, request_handler=Handler)
    # Also for the jobs, which are processes of this one.
    os.environ |= Endpoint(server.port, access_key, secret_key).environment | {"MOTO_PORT": str(server.port)}
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    services: list[Service] = []
    record = Record(
        key=key, zones={}, outputs={}, pid=os.getpid(), port=server.port, access_key=access_key, secret_key=secret_key
    )
    try:
        for kind in kinds:
            services.append(kind())
            services[-1].install(Setup(lake, assembly.buckets, memory))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        record = _deploy(record, lake, assembly, services)
    except Exception as error:  # noqa: BLE001 - the waiting client must learn of any failure
        traceback.print_exc()
        _stop(services)
        sentence = str(error) if isinstance(error, LakeError) else f"The local stack failed to start ({error}); see log/twin.log."
        _report({"failed": sentence})
        return
    _report({"port": record.port})
    signal.signal(signal.SIGTERM, lambda *_: control.stopping.set())
    while not _is_over(record, lake, control, services):
        control.stopping.wait(POLL_SECONDS)
    _stop(services, save=True)
    record.write_without_server(lake)


def _deploy(record: Record, lake: Path, assembly: Assembly, services: Sequence[Service]) -> Record:
    """Creates the stacks and restores what the services have saved; the record with names and outputs, written to the lake."""
    outputs = deploy.deploy(assembly, lake / "s3", [type(service) for service in services])
    for service in services:
        service.restore()
        outputs = {key: service.localize(value) for key, value in outputs.items()}
    record = replace(record, zones=assembly.zones, outputs=outputs)
    for zone, bucket in record.zones.items():
        (lake / "s3" / bucket).mkdir(parents=True, exist_ok=True)
        if bucket not in outputs.values():
            raise PlatformError(
                f"{zone}: the deployed bucket is not {bucket}, as its template says; this is a fault in offline/twin."
            )
    record.write(lake)
    return record


def _is_over(record: Record, lake: Path, control: ControlMiddleware, services: Sequence[Service]) -> bool:
    if control.stopping.is_set():
        return True
    if any(service.busy() for service in services):
        control.last_request = time.monotonic()
    current = Record.read(lake)
    return current is None or current.pid != record.pid or time.monotonic() - control.last_request > IDLE_SECONDS


def _stop(services: Sequence[Service], *, save: bool = False) -> None:
    """Stops all services, the last one first. A failure of one is logged and does not keep the others from stopping."""
    hooks = [service.save for service in services] if save else []
    for hook in (*hooks, *(service.stop for service in reversed(services))):
        try:
            hook()
        except Exception:  # noqa: BLE001 - logged
            traceback.print_exc()


def _report(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Assembly(Path(sys.argv[3])), sys.argv[4] if len(sys.argv) > 4 else None)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of invocations that did not end in time would keep the process. Their records are delivered again.
    os._exit(0)
