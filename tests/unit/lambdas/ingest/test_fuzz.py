"""Strange requests through the handler: never a 5xx, never a hang, and every event is on the stream or among the rejected.

`make fuzz` sends 100,000 of them; SHOPLAKE_FUZZ_CALLS and SHOPLAKE_FUZZ_SEED choose how many, and which.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from typing import Any

import pytest

from lambdas.common import logs
from lambdas.ingest import handler
from lambdas.ingest.errors import kinds
from lambdas.ingest.event_fields import FIELDS
from tests.support.shop_api import Shop
from tests.support.strange_requests import request

CALLS = int(os.environ.get("SHOPLAKE_FUZZ_CALLS", "5000"))
SEED = int(os.environ.get("SHOPLAKE_FUZZ_SEED", "0"))
CODES = {kind.code for kind in kinds()}
SECONDS = 5.0
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
REQUIRED = {"event_id", "event_type", "event_time", "received_at", "contract_version", "key", "flags"}
PERSONAL = {name for name, field in FIELDS.items() if "treatment" in field}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 25_000


def check_line(text: bytes) -> str:
    """The event_id of a line, which must be what docs/tables/raw/stream_events.md promises."""
    fields: list[tuple[str, Any]] = json.loads(text.decode(), object_pairs_hook=list)
    line = dict(fields)
    assert len(line) == len(fields)  # none is written twice
    assert line.keys() >= REQUIRED
    assert not PERSONAL & line.keys()
    assert None not in line.values()
    assert TIME.fullmatch(line["event_time"])
    assert TIME.fullmatch(line["received_at"])
    assert 1 <= len(line["event_id"]) <= 128
    assert len(text) <= 32_768
    return line["event_id"]


def check(shop: Shop, reply: dict[str, Any]) -> int:
    """Compare the answer with the stream and the bucket; the status."""
    status, on_stream = reply["statusCode"], [check_line(line) for line in shop.stream.texts]
    assert status < 500, reply["body"]
    assert reply["headers"]["access-control-allow-origin"] == "*"
    if status in (204, 304) or reply["headers"].get("cache-control") != "no-store":
        assert (on_stream, shop.objects) == ([], {})
        return status
    answer = json.loads(reply["body"])
    if status == 201:
        return status
    results = answer.get("results", [])
    of_status = Counter(each["status"] for each in results)
    assert answer["failed"] == 0
    assert [each["index"] for each in results] == list(range(len(results)))
    assert Counter(on_stream) == Counter(each["event_id"] for each in results if each["status"] == "accepted")
    assert answer["accepted"] == len(on_stream) == of_status["accepted"]
    assert answer["rejected"] == len(shop.rejected)
    if results:
        assert answer["accepted"] + answer["rejected"] == len(results)
        assert answer["rejected"] == of_status["rejected"]
    errors = [*answer.get("errors", []), *[error for each in results for error in each.get("errors", [])]]
    assert {error["code"] for error in errors} <= CODES
    assert bool(errors) == (status != 202)
    return status


def send(first: int, calls: int, monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Send requests by number; how often each status came. A failure names the number."""
    statuses: Counter[int] = Counter()
    monkeypatch.setattr(logs, "_write", json.dumps)
    for number in range(first, first + calls):
        shop, started = Shop(), time.monotonic()
        monkeypatch.setattr(handler, "_DEPLOYMENT", shop)
        try:
            statuses[check(shop, handler.handle(request(number), Context()))] += 1
        except Exception as error:
            error.add_note(f"request {number} of tests/support/strange_requests.py")
            raise
        assert time.monotonic() - started < SECONDS, f"request {number} took too long"
    return statuses


def test_a_few_strange_requests(monkeypatch: pytest.MonkeyPatch):
    statuses = send(0, 300, monkeypatch)
    # The generator is of use only if its requests reach all parts.
    assert {200, 202, 400, 401, 403, 404, 405, 422} <= statuses.keys()


@pytest.mark.full
def test_many_strange_requests(monkeypatch: pytest.MonkeyPatch):
    statuses = send(SEED, CALLS, monkeypatch)
    assert statuses.total() == CALLS
    assert {200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 422} <= statuses.keys()
