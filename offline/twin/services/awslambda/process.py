"""One process that runs a handler, and how its end or silence is reported."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offline.twin.services.awslambda import runtime
from offline.twin.services.awslambda.answers import Answer

START_SECONDS = 10.0
INHERITED = ("PATH", "HOME", "TMPDIR", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


@dataclass(frozen=True, kw_only=True)
class Function:
    """A deployed function. `code` is the folder of its unpacked bundle, `version` changes with code and settings."""

    name: str
    arn: str
    handler: str
    timeout: float
    memory: int
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    code: Path
    version: str
    reserved_concurrency: int | None = None

    def variables(self) -> dict[str, str]:
        """The environment of its processes: the deployed variables and Lambda's own."""
        return self.environment | {
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_XRAY_SDK_ENABLED": "false",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "LAMBDA_TASK_ROOT": str(self.code),
            "PYTHONUNBUFFERED": "1",
            "TZ": ":UTC",
            "_HANDLER": self.handler,
        }


class Process:
    """A process with a loaded handler: one invocation at a time."""

    def __init__(self, function: Function, *, endpoint: dict[str, str], log: Path) -> None:
        self.function, self._log = function, log
        self.idle_since = time.monotonic()
        ours, theirs = socket.socketpair()
        self._channel = ours
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", runtime.__file__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                cwd=function.code,
                env=inherited | endpoint | function.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.is_usable = True
        self._is_started = False

    def invoke(self, payload: bytes, request_id: str) -> Answer:
        """The handler's answer. After a timeout or its end the process is not usable."""
        limit = self.function.timeout
        call = {"request_id": request_id, "arn": self.function.arn, "timeout": limit, "payload": payload.decode()}
        try:
            self._await_start()
            self._channel.settimeout(limit)
            runtime.send(self._channel, call)
            reply = _receive(self._channel, deadline=time.monotonic() + limit)
        except TimeoutError:
            self.kill()
            message = f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds"
            return self._failed("Sandbox.Timedout", message, request_id)
        except OSError:
            reply = None
        if reply is None:
            message = f"RequestId: {request_id} Error: {self._end()}"
            return self._failed("Runtime.ExitError", message, request_id)
        if "error" in reply:
            self.is_usable = self._is_started
            return Answer(json.dumps(reply["error"]).encode(), "Unhandled", request_id)
        return Answer(str(reply["payload"]).encode(), None, request_id)

    def kill(self) -> None:
        """Ends the process at once."""
        self.is_usable = False
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def _await_start(self) -> None:
        if self._is_started:
            return
        started = _receive(self._channel, deadline=time.monotonic() + START_SECONDS + self.function.timeout)
        if started is None:
            raise ConnectionResetError
        self._is_started = bool(started["started"])

    def _failed(self, kind: str, message: str, request_id: str) -> Answer:
        self.is_usable = False
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{message}\n")
        return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), "Unhandled", request_id)

    def _end(self) -> str:
        """How the process ended, in Lambda's words."""
        try:
            status = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            status = -signal.SIGKILL
        self._channel.close()
        if status < 0:
            name = "killed" if status == -signal.SIGKILL else signal.Signals(-status).name
            return f"Runtime exited with error: signal: {name}"
        return f"Runtime exited with error: exit status {status}" if status else "Runtime exited without providing a reason"


def _receive(channel: socket.socket, *, deadline: float) -> dict[str, Any] | None:
    """A frame; TimeoutError when its first byte is late."""
    channel.settimeout(max(0.001, deadline - time.monotonic()))
    return runtime.receive(channel)
