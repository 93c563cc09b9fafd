"""The gateway without a server: limits, times and faults, with a clock and a function that are passed in."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.support.lazy import lazy

Api = lazy("offline.twin.services.apigateway.definition", "Api")
Limit = lazy("offline.twin.services.apigateway.definition", "Limit")
Method = lazy("offline.twin.services.apigateway.definition", "Method")
Gateway = lazy("offline.twin.services.apigateway.gateway", "Gateway")
request = lazy("offline.twin.services.apigateway.request")
answers = lazy("offline.twin.services.awslambda.answers")


@cache
def ok() -> answers.Answer:
    return answers.Answer(b'{"statusCode": 200, "body": "fine"}', None, "r")


def method(path: str, *, verb: str = "GET", seconds: float = 29.0) -> Method:
    return Method(resource_id=path, path=path, http_method=verb, needs_key=False, seconds=seconds, function="f", mock=None)


@cache
def api() -> Api:
    return Api(
        id="abc",
        stage="live",
        methods=[method("/v1/a")],
        keys=(),
        limit=Limit(10, 2),
        binary_types=("image/png",),
        smallest_compressed=None,
        responses={},
    )


def call(gateway: Gateway, path: str, **headers: str) -> tuple[int, bytes]:
    status: list[str] = []
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", request.RAW_HEADERS: sent, "wsgi.input": io.BytesIO(),
    }  # fmt: skip
    body = b"".join(gateway(environ, lambda line, _: status.append(line)))
    return int(status[0][:3]), body


def gateway(api: Api, invoke: Callable[[str, bytes], answers.Answer], clock: Callable[[], float] = lambda: 0.0) -> Gateway:
    return Gateway(lambda: [api], invoke, clock=clock)


def test_requests_above_rate_and_burst_are_refused_until_time_has_passed() -> None:
    now = [0.0]
    served = gateway(api(), lambda *_: ok(), lambda: now[0])
    assert [call(served, "/live/v1/a")[0] for _ in range(3)] == [200, 200, 429]
    now[0] += 0.1
    assert [call(served, "/live/v1/a")[0] for _ in range(2)] == [200, 429]


def test_a_function_that_is_too_slow_gives_504() -> None:
    waiting = threading.Event()

    def invoke(*_: Any) -> answers.Answer:
        waiting.wait(30)
        return ok()

    served = gateway(replace(api(), methods=[method("/v1/a", seconds=0.01)]), invoke)
    assert call(served, "/live/v1/a") == (504, b'{"message": "Endpoint request timed out"}')
    waiting.set()
    served.stop()


def test_a_throttled_function_gives_500_and_a_failed_one_502() -> None:
    def throttle(*_: Any) -> answers.Answer:
        raise answers.ThrottledError("busy")

    assert call(gateway(api(), throttle), "/live/v1/a") == (500, b'{"message": "Internal server error"}')
    failed = answers.Answer(b'{"errorMessage": "no"}', "Unhandled", "r")
    assert call(gateway(api(), lambda *_: failed), "/live/v1/a") == (502, b'{"message": "Internal server error"}')


@pytest.mark.parametrize(
    "response",
    [b"", b"null", b"[]", b'"x"', b"{}", b'{"statusCode": "x"}', b'{"statusCode": 200, "body": {"a": 1}}',
     b'{"statusCode": 99}', b'{"statusCode": 200, "headers": {"a": ["b"]}}', b'{"statusCode": 200, "headers": {"a": "b\\nc: d"}}',
     b'{"statusCode": 200, "headers": "x"}'],
)  # fmt: skip
def test_a_malformed_response_gives_502(response: bytes) -> None:
    assert call(gateway(api(), lambda *_: answers.Answer(response, None, "r")), "/live/v1/a")[0] == 502


@pytest.mark.parametrize(
    ("path", "resource", "values"),
    [
        ("/live/v1/a", "/v1/a", None),
        ("/live/v1/b", "/v1/{id}", {"id": "b"}),
        ("/live/v1/b/c", "/v1/{id}/c", {"id": "b"}),
        ("/live/v1/b/d/e", "/v1/{rest+}", {"rest": "b/d/e"}),
    ],
)
def test_a_literal_part_goes_before_a_parameter(path: str, resource: str, values: Any) -> None:
    seen: list[dict[str, Any]] = []

    def invoke(_: str, event: bytes) -> answers.Answer:
        seen.append(json.loads(event))
        return ok()

    paths: Sequence[str] = ("/v1/{rest+}", "/v1/{id}", "/v1/a", "/v1/{id}/c")
    assert call(gateway(replace(api(), methods=[method(each) for each in paths]), invoke), path)[0] == 200
    assert (seen[0]["resource"], seen[0]["pathParameters"]) == (resource, values)


@pytest.mark.parametrize(
    "path", ["/", "/live", "/live/", "/other/v1/a", "/live/v1", "/live/v1/a/b", "/live//v1/a", "/_twin/stop"]
)
def test_other_paths_reach_nothing(path: str) -> None:
    calls: list[str] = []

    def invoke(name: str, _: bytes) -> answers.Answer:
        calls.append(name)
        return ok()

    assert call(gateway(api(), invoke), path) == (403, b'{"message": "Missing Authentication Token"}')
    assert calls == []


def test_it_is_busy_while_it_answers_and_for_one_look_after() -> None:
    looks: list[bool] = []
    served = gateway(api(), lambda *_: ok())
    watched = gateway(api(), lambda *_: (looks.append(watched.is_busy()), ok())[1])
    assert not served.is_busy()
    call(served, "/live/v1/a")
    assert [served.is_busy(), served.is_busy()] == [True, False]
    call(watched, "/live/v1/a")
    assert looks == [True]
