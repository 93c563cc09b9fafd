"""The gateway: from an HTTP request to the function and back, in API Gateway's order."""

from __future__ import annotations

import hmac
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from typing import Any

from offline.serving.guard import Environ
from offline.twin.services.apigateway import proxy
from offline.twin.services.apigateway.answers import RefusedError, Reply, render
from offline.twin.services.apigateway.definition import Api, Key, Method
from offline.twin.services.apigateway.limits import Throttle
from offline.twin.services.apigateway.request import Request, parse, read_body, route, unpack, validate
from offline.twin.services.awslambda.answers import Answer, ThrottledError

Invoke = Callable[[str, bytes], Answer]
MOST_REQUESTS = 64
# Lambda's limit for a synchronous payload.
PAYLOAD_BYTES = 6_291_456


class Gateway:
    """A WSGI application for all deployed stages. `apis` reads what is deployed, `invoke` calls a function."""

    def __init__(self, apis: Callable[[], Sequence[Api]], invoke: Invoke, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._apis, self._invoke = apis, invoke
        self._throttle = Throttle(clock)
        self._pool = ThreadPoolExecutor(MOST_REQUESTS, thread_name_prefix="api")
        self._lock = threading.Lock()
        self._in_progress = self._seen = 0

    def __call__(self, environ: Environ, begin: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            self._in_progress, self._seen = self._in_progress + 1, self._seen + 1
        try:
            answer = self._answer(environ)
        finally:
            with self._lock:
                self._in_progress -= 1
        headers = [pair for pair in answer.headers if pair[0].lower() not in ("content-length", "connection")]
        begin(answer.line, [*headers, ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def is_busy(self) -> bool:
        """Whether there are requests in progress, or were since the last call."""
        with self._lock:
            seen, self._seen = self._seen, 0
            return self._in_progress > 0 or seen > 0

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, environ: Environ) -> Reply:
        request = parse(environ)
        api = self._find(request)
        try:
            if api is None:
                raise RefusedError("MISSING_AUTHENTICATION_TOKEN")
            answer = self._serve(request, api, environ)
            proxy.compress(answer, request, api)
        except RefusedError as error:
            answer = render(error, api.responses if api else {}, request.id)
        except Exception:  # noqa: BLE001 - a fault of the gateway is a 500, as at AWS
            traceback.print_exc()
            answer = render(RefusedError("DEFAULT_5XX", status=500), api.responses if api else {}, request.id)
        answer.headers.append(("x-amzn-RequestId", request.id))
        return answer

    def _find(self, request: Request) -> Api | None:
        """The API of the path's first part, the stage, which is then taken off. An unknown stage has the first API's answers."""
        apis = list(self._apis())
        stage, _, rest = request.path.removeprefix("/").partition("/")
        for api in apis:
            if api.stage == stage:
                request.path = f"/{rest}"
                return api
        request.path = "//"
        return apis[0] if apis else None

    def _serve(self, request: Request, api: Api, environ: Environ) -> Reply:
        method, path_values = route(api, request.method, request.path)
        key = _authorize(request, api) if method.needs_key else None
        if not self._throttle.allows((api.id, api.stage), api.limit):
            raise RefusedError("THROTTLED")
        if key and key.limit and not self._throttle.allows((key.plan, key.id), key.limit):
            raise RefusedError("THROTTLED")
        request.body = read_body(environ)
        unpack(request, api)
        validate(request, method, path_values)
        if method.mock is not None:
            return Reply(method.mock.status, list(method.mock.headers.items()), method.mock.body.encode())
        if method.function is None:
            raise RefusedError("API_CONFIGURATION_ERROR")
        event = json.dumps(proxy.event(request, api, method, path_values=path_values, key=key)).encode()
        if len(event) > PAYLOAD_BYTES:
            raise RefusedError("REQUEST_TOO_LARGE")
        return proxy.reply(self._call(method, event), request, api)

    def _call(self, method: Method, event: bytes) -> bytes:
        """The function's response; RefusedError when it fails, is throttled or too slow."""
        assert method.function
        running: Future[Answer] = self._pool.submit(self._invoke, method.function, event)
        try:
            answer = running.result(timeout=method.seconds)
        except LateError:
            raise RefusedError("INTEGRATION_TIMEOUT") from None
        except ThrottledError:
            raise RefusedError("DEFAULT_5XX", status=500, message="Internal server error") from None
        if answer.error:
            raise RefusedError("DEFAULT_5XX", status=502, message="Internal server error")
        return answer.payload


def _authorize(request: Request, api: Api) -> Key:
    sent = (request.header("x-api-key") or "").encode()
    for key in api.keys:
        if hmac.compare_digest(sent, key.value.encode()):
            return key
    raise RefusedError("INVALID_API_KEY")
