"""Runs one handler in a process of its own: `python -I runtime.py DESCRIPTOR`. Knows nothing of this project.

Reads invocations from a socket and answers each: a frame is a length of 4 bytes and that many bytes of JSON. Without a parent it
ends. The handler's standard output and error are those of the process.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

LIMIT_BYTES = 6_291_556


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.aws_request_id = call["request_id"]
        self.invoked_function_arn = call["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + call["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def load(handler: str) -> Callable[[Any, Context], Any]:
    """The function of a handler string, such as `package.module.function`."""
    module, _, function = handler.rpartition(".")
    loaded: Callable[[Any, Context], Any] = getattr(importlib.import_module(module.replace("/", ".")), function)
    return loaded


def describe(error: BaseException, request_id: str, *, kind: str | None = None, message: str | None = None) -> dict[str, Any]:
    """An error as Lambda returns it."""
    return {
        "errorMessage": message or str(error),
        "errorType": kind or type(error).__name__,
        "requestId": request_id,
        "stackTrace": [] if kind else traceback.format_tb(error.__traceback__)[1:],
    }


def answer(handle: Callable[[Any, Context], Any], call: dict[str, Any]) -> dict[str, Any]:
    """Calls the handler; its response as JSON text, or the error."""
    request_id = call["request_id"]
    try:
        result = handle(json.loads(call["payload"]), Context(call))
    except Exception as error:  # noqa: BLE001 - any error of the handler is its answer
        traceback.print_exc()
        return {"error": describe(error, request_id)}
    try:
        payload = json.dumps(result, default=None)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": describe(error, request_id, kind="Runtime.MarshalError", message=message)}
    if len(payload) > LIMIT_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({LIMIT_BYTES} bytes)."
        return {"error": {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}}
    return {"payload": payload}


def send(channel: socket.socket, frame: dict[str, Any]) -> None:
    content = json.dumps(frame).encode()
    channel.sendall(len(content).to_bytes(4, "big") + content)


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """The next frame; None when the other side has closed."""
    header = _read(channel, 4)
    content = _read(channel, int.from_bytes(header, "big")) if header else None
    if content is None:
        return None
    frame: dict[str, Any] = json.loads(content)
    return frame


def _read(channel: socket.socket, count: int) -> bytes | None:
    parts = []
    while count:
        part = channel.recv(min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def main(descriptor: int) -> None:
    channel = socket.socket(fileno=descriptor)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    name = os.environ["_HANDLER"]
    failure = None
    try:
        handle = load(name)
    except ImportError as error:
        traceback.print_exc()
        message = f"Unable to import module '{name.rpartition('.')[0]}': {error}"
        failure = describe(error, "", kind="Runtime.ImportModuleError", message=message)
    except AttributeError as error:
        module, _, function = name.rpartition(".")
        message = f"Handler '{function}' missing on module '{module}'"
        failure = describe(error, "", kind="Runtime.HandlerNotFound", message=message)
    except Exception as error:  # noqa: BLE001 - the first invocation returns it
        traceback.print_exc()
        failure = describe(error, "")
    send(channel, {"started": failure is None})
    while (call := receive(channel)) is not None:
        if failure:
            send(channel, {"error": failure | {"requestId": call["request_id"]}})
            return
        reply = answer(handle, call)
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            send(channel, reply)
        except BrokenPipeError:
            # The server was killed; the next one delivers again.
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
