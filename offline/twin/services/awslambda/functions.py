"""The functions that the stacks have created in moto, and moto's Invoke on our processes."""

from __future__ import annotations

import io
import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, lambda_backends

from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.services.awslambda.answers import Answer, ThrottledError
from offline.twin.services.awslambda.pool import Pool
from offline.twin.services.awslambda.process import Function

PAYLOAD_BYTES = 6_291_456


class TooManyRequestsError(LambdaClientError):
    code = 429

    def __init__(self, reason: str) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        self.reason = reason


class RequestTooLargeError(LambdaClientError):
    code = 413

    def __init__(self, size: int) -> None:
        message = f"{size} byte payload is too large for the RequestResponse invocation type (limit {PAYLOAD_BYTES} bytes)"
        super().__init__("RequestTooLargeException", message)


class InvalidContentError(LambdaClientError):
    code = 400

    def __init__(self, reason: str) -> None:
        super().__init__("InvalidRequestContentException", f"Could not parse request body into json: {reason}")


class Functions:
    """Invokes functions by name or ARN."""

    def __init__(self, code: Path, pool: Pool) -> None:
        self._code, self._pool = code, pool
        self._lock = threading.Lock()

    def invoke(self, name: str, payload: bytes) -> Answer:
        """The function's answer; ThrottledError at a concurrency limit."""
        return self._pool.invoke(self.find(name), payload)

    def find(self, name: str, qualifier: str | None = None) -> Function:
        """The deployed function, with its bundle unpacked."""
        deployed = lambda_backends[ACCOUNT][REGION].get_function(name, qualifier)
        environment = {key: str(value) for key, value in (deployed.environment_vars or {}).items()}
        settings = json.dumps([deployed.handler, deployed.timeout, deployed.memory_size, environment], sort_keys=True)
        reserved = deployed.reserved_concurrency
        return Function(
            name=deployed.function_name,
            arn=deployed.function_arn,
            handler=str(deployed.handler),
            timeout=float(deployed.timeout),
            memory=int(deployed.memory_size),
            environment=environment,
            code=self._unpack(deployed.function_name, deployed.code_digest, deployed.code_bytes),
            version=f"{deployed.function_name} {deployed.code_digest} {settings}",
            reserved_concurrency=None if reserved is None else int(reserved),
        )

    def _unpack(self, name: str, digest: str, bundle: bytes) -> Path:
        """The folder of this bundle; other bundles of the same function are deleted."""
        folder = self._code / name / digest.removeprefix("sha256:")[:32]
        with self._lock:
            if not folder.exists():
                shutil.rmtree(folder.parent, ignore_errors=True)
                draft = folder.with_name("_draft")
                with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
                    archive.extractall(draft)
                draft.rename(folder)
        return folder


_installed: list[Functions] = []


def call(name: str, payload: bytes) -> Answer:
    """Invokes a function for another service of the local stack."""
    return _installed[-1].invoke(name, payload)


def install(functions: Functions) -> None:
    """Replaces moto's Invoke, which needs Docker."""
    _installed.append(functions)

    def invoke(_: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any) -> bytes:
        payload = (body.encode() if isinstance(body, str) else body) or b"{}"
        _check(payload)
        function = functions.find(function_name, qualifier)
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            _in_background(lambda: functions.invoke(function.arn, payload))
            return b""
        try:
            answer = functions.invoke(function.arn, payload)
        except ThrottledError as error:
            raise TooManyRequestsError(error.reason) from None
        response_headers["X-Amz-Executed-Version"] = "$LATEST"
        if answer.error:
            response_headers["X-Amz-Function-Error"] = answer.error
        response_headers["Content-Length"] = str(len(answer.payload))
        return answer.payload

    LambdaBackend.invoke = invoke


def _check(payload: bytes) -> None:
    if len(payload) > PAYLOAD_BYTES:
        raise RequestTooLargeError(len(payload))
    try:
        json.loads(payload)
    except ValueError as error:
        raise InvalidContentError(str(error)) from None


def _in_background(work: Callable[[], object]) -> None:
    threading.Thread(target=work, daemon=True).start()
