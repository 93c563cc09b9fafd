"""One local stack with everything of the live path: API, function, stream, delivery, secrets. Over sockets, with curl's means."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from offline.twin import client
from offline.twin.client import Twin
from tests.support.live_template import TEMPLATE
from tests.unit.offline.twin.test_kinesis_to_lambda import kill, until


class Answer:
    def __init__(self, response: Any) -> None:
        self.status, self.headers, self.content = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def send(twin: Twin, verb: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    url = urlsplit(twin.output("ApiUrl"))
    assert url.scheme == "http"
    connection = HTTPConnection(url.hostname or "", url.port, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(verb, f"{url.path}{path}", body, names)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Twin:
    return serve(tmp_path_factory.mktemp("live"), TEMPLATE)


def secret(twin: Twin) -> str:
    return str(twin.client("secretsmanager").get_secret_value(SecretId="server-key")["SecretString"])


def delivered(twin: Twin) -> list[bytes]:
    """The lines of all delivered objects, in order."""
    bucket = twin.lake / "s3" / twin.output("RawBucket")
    objects = sorted((path for path in bucket.rglob("stream/events/ingest_date=*/*.gz")), key=lambda path: path.stat().st_mtime)
    return [line for path in objects for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_an_event_goes_from_http_to_raw(twin: Twin) -> None:
    assert send(twin, "POST", "/v1/events", b'{"n": 1}').status == 202
    until(lambda: delivered(twin) == [b'{"n": 1}'])


@pytest.mark.full
def test_an_event_goes_from_http_to_raw_over_down_and_kill(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, TEMPLATE)
    address, key, server_key = twin.output("ApiUrl"), twin.output("PublishableKey"), secret(twin)
    assert send(twin, "POST", "/v1/events", b'{"n": 1}').status == 202
    until(lambda: delivered(twin) == [b'{"n": 1}'])
    # WHEN the stack goes down while an event is buffered
    send(twin, "POST", "/v1/events", b'{"n": 2}')
    assert client.down(twin.lake)
    # THEN it was written, and the next stack has the same address, keys and ids
    assert delivered(twin) == [b'{"n": 1}', b'{"n": 2}']
    twin = serve(tmp_path, TEMPLATE)
    assert (twin.output("ApiUrl"), twin.output("PublishableKey"), secret(twin)) == (address, key, server_key)
    # WHEN it is killed while an event is buffered
    send(twin, "POST", "/v1/events", b'{"n": 3}')
    kill(twin)
    twin = serve(tmp_path, TEMPLATE)
    until(lambda: delivered(twin)[:3] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}'])
    assert send(twin, "POST", "/v1/events", b"x").status == 202


@pytest.mark.full
def test_another_lake_has_other_keys(twin: Twin, tmp_path: Path, serve: Callable[..., Twin]) -> None:
    other = serve(tmp_path, TEMPLATE)
    assert other.output("PublishableKey") != twin.output("PublishableKey")
    assert secret(other) != secret(twin)
    assert len(secret(other)) == 48
    assert secret(other).isalnum()


@pytest.mark.full
def test_the_event_is_that_of_version_1_0(twin: Twin) -> None:
    reply = send(twin, "PUT", "/v1/customers/M%C3%BC%201?since=a&since=b", b"{}", Content_Type="application/json", X_Own="1")
    assert reply.status == 200
    event = reply.json
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/v1/customers/{id}", "/v1/customers/Mü 1", "PUT")
    assert event["pathParameters"] == {"id": "Mü 1"}
    assert event["queryStringParameters"] == {"since": "b"}
    assert event["multiValueQueryStringParameters"] == {"since": ["a", "b"]}
    assert (event["headers"]["X-Own"], event["multiValueHeaders"]["X-Own"]) == ("1", ["1"])
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ("{}", False, None)
    context = event["requestContext"]
    assert (context["stage"], context["path"], context["resourcePath"]) == (
        "live",
        "/live/v1/customers/Mü 1",
        "/v1/customers/{id}",
    )
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    # AND the answer has the function's headers
    assert reply.headers["X-One"] == "1"
    assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.full
def test_the_gateway_answers_by_itself_in_the_deployed_form(twin: Twin) -> None:
    def check(reply: Answer, status: int, code: int) -> None:
        assert (reply.status, reply.json) == (status, {"error": {"code": code}})
        assert reply.headers["Access-Control-Allow-Origin"] == "*"

    check(send(twin, "GET", "/v1/customers/1"), 403, 4030)
    check(send(twin, "GET", "/v1/customers/1", x_api_key="wrong"), 403, 4030)
    check(send(twin, "GET", "/v1/nothing"), 404, 4040)
    check(send(twin, "DELETE", "/v1/events"), 404, 4040)
    check(send(twin, "GET", "/v1/broken"), 502, 5000)
    check(send(twin, "GET", "/v1/fail"), 502, 5000)
    check(send(twin, "POST", "/v1/events", b"x" * (10 * 1024 * 1024 + 1)), 413, 4130)
    # AND a plan of 3 requests at once refuses the fourth
    statuses = [send(twin, "GET", "/v1/customers/1", x_api_key=secret(twin)).status for _ in range(3)]
    assert statuses == [200, 200, 200]
    check(send(twin, "GET", "/v1/customers/1", x_api_key=secret(twin)), 429, 4290)


@pytest.mark.full
def test_bodies_are_unpacked_checked_and_passed_on(twin: Twin) -> None:
    # A body with Content-Encoding arrives unpacked, a binary type as base64
    packed = gzip.compress(b'{"a": 1}')
    assert send(twin, "POST", "/v1/events", packed, Content_Encoding="gzip").json == {"bytes": 8}
    assert send(twin, "POST", "/v1/events", packed, Content_Type="application/gzip").json == {"bytes": len(packed)}
    assert send(twin, "POST", "/v1/events", b"no gzip", Content_Encoding="gzip").status == 400
    assert send(twin, "POST", "/v1/events", b"x", Content_Encoding="br").status == 415
    # A bomb of 11 MB in a few kB is refused
    bomb = gzip.compress(b"0" * (11 << 20))
    assert len(bomb) < 20_000
    assert send(twin, "POST", "/v1/events", bomb, Content_Encoding="gzip").status == 413
    # Bodies and parameters are validated where the method says so
    assert send(twin, "PUT", "/v1/customers/1?since=1", b"[]").status == 400
    assert send(twin, "PUT", "/v1/customers/1?since=1", b"{broken").status == 400
    assert send(twin, "PUT", "/v1/customers/1", b"{}").status == 400
    # A large answer is packed for a client that accepts it
    large = send(twin, "PUT", "/v1/customers/1?since=1", b"{}", Accept_Encoding="gzip")
    assert large.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(large.content))["httpMethod"] == "PUT"


@pytest.mark.full
def test_pages_may_call_the_api_but_nothing_else(twin: Twin) -> None:
    # GIVEN a page of another origin
    page = {"Origin": "https://shop.example", "Sec_Fetch_Site": "cross-site"}
    preflight = send(twin, "OPTIONS", "/v1/events", **page)
    assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    assert send(twin, "POST", "/v1/events", b"{}", **page).status == 202
    # THEN a request for another host is refused, and the rest of the local stack refuses the page
    assert send(twin, "POST", "/v1/events", b"{}", Host="evil.example").status == 403
    connection = HTTPConnection("127.0.0.1", twin.endpoint.port, timeout=60)
    connection.request("GET", "/", headers={"Origin": "https://shop.example"})
    assert connection.getresponse().status == 403
    connection.close()


@pytest.mark.full
def test_a_taken_port_is_replaced(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, TEMPLATE)
    port = urlsplit(twin.output("ApiUrl")).port
    assert client.down(twin.lake)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port or 0))
        taken.listen()
        twin = serve(tmp_path, TEMPLATE)
        assert urlsplit(twin.output("ApiUrl")).port != port
        assert send(twin, "POST", "/v1/events", b"{}").status == 202
