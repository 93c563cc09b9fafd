"""Requests to the API: what is retried, what ends a replay, and that the same body is sent again."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from contracts.errors import PlatformError, UsageError
from lambdas.ingest.privacy import is_bot
from offline.live.endpoint import Endpoint, Outcome

EVENT = {"event_id": "r-0", "event_type": "view", "product_id": "mug"}
ACCEPTED = (202, {"accepted": 1, "rejected": 0, "results": [{"index": 0, "status": "accepted", "event_id": "r-0"}]}, {})


@dataclass
class Api:
    """A server on 127.0.0.1 that gives the `answers` in their order, and keeps what it received."""

    answers: list[tuple[int, Any, dict[str, str]]]
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def api() -> Iterator[Api]:
    served = Api([])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            served.received.append((self.path, dict(self.headers), body))
            status, answer, headers = served.answers.pop(0)
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/live"
    yield served
    server.shutdown()
    server.server_close()


def endpoint(api: Api, slept: list[float], *, patience: float = 60) -> Endpoint:
    """Draws the longest pause that full jitter allows."""
    return Endpoint(api.url, "pk_1", patience_seconds=patience, sleep=slept.append, draw=lambda _, longest: longest)


def test_a_batch_goes_to_the_events_route_with_the_key_and_compressed(api: Api) -> None:
    api.answers = [ACCEPTED]
    assert endpoint(api, []).send([EVENT]) == Outcome(accepted=1, rejected=0, retries=0)
    ((path, headers, body),) = api.received
    assert path == "/live/v1/events"
    sent = {name.lower(): value for name, value in headers.items()}
    assert (sent["x-api-key"], is_bot(sent["user-agent"])) == ("pk_1", False)
    assert json.loads(gzip.decompress(body)) == [EVENT]


def test_a_busy_api_gets_the_same_bytes_again_after_longer_and_longer_pauses(api: Api) -> None:
    busy = {"errors": [{"code": 5031, "message": "The stream did not take these events in time; send them again."}]}
    api.answers = [(503, busy, {"retry-after": "2"}), (429, {}, {}), (502, b"<html>", {}), ACCEPTED]
    slept: list[float] = []
    assert endpoint(api, slept).send([EVENT]) == Outcome(accepted=1, rejected=0, retries=3)
    assert slept == [2.0, 0.4, 0.8]  # never shorter than Retry-After
    assert len({body for _, _, body in api.received}) == 1


def test_rejected_events_are_counted_and_their_first_reasons_kept(api: Api) -> None:
    problem = {"code": 4001, "field": "event_time", "message": "event_time is missing."}
    results = [{"index": 0, "status": "rejected", "errors": [problem]}, {"index": 1, "status": "accepted", "event_id": "r-1"}]
    api.answers = [(200, {"accepted": 1, "rejected": 1, "results": results}, {})]
    outcome = endpoint(api, []).send([EVENT, EVENT])
    assert outcome == Outcome(accepted=1, rejected=1, retries=0, problems=["event_time: event_time is missing."])


def test_a_refused_request_ends_the_replay_with_the_apis_reason(api: Api) -> None:
    api.answers = [(403, {"errors": [{"code": 4202, "message": "The key is unknown."}]}, {})]
    with pytest.raises(UsageError, match=r"/v1/events: refused the request \(403: The key is unknown\.\)\.$"):
        endpoint(api, []).send([EVENT])


def test_it_gives_up_after_its_patience(api: Api) -> None:
    api.answers = [(503, {}, {})] * 9
    slept: list[float] = []
    with pytest.raises(PlatformError, match=r"gave up after 3 s of retries \(HTTP 503\); run the same command again"):
        endpoint(api, slept, patience=3).send([EVENT])
    assert slept == [0.2, 0.4, 0.8, 1.6]


def test_an_api_that_cannot_be_reached_is_retried_too() -> None:
    slept: list[float] = []
    nobody = Endpoint("http://127.0.0.1:9", "pk_1", patience_seconds=0.5, sleep=slept.append, draw=lambda _, longest: longest)
    with pytest.raises(PlatformError, match="run the same command again to continue"):
        nobody.send([EVENT])
    assert slept == [0.2, 0.4]


@pytest.mark.parametrize("host", ["shop.example", "localhost.example", "127.0.0.1.example", "localhost@shop.example"])
def test_a_key_never_leaves_without_encryption(host: str) -> None:
    with pytest.raises(UsageError, match="expected an address that begins with https://"):
        Endpoint(f"http://{host}/live", "pk_1", patience_seconds=1, sleep=lambda _: None)
