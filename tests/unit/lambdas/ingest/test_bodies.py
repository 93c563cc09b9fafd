"""The same two events in every form of body that pages, servers and curl send."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support.shop_api import PUBLISHABLE, VIEW, Shop

EVENTS = [{**VIEW, "event_id": "e1"}, {**VIEW, "event_id": "e2", "category": "кружки"}]
LIST = json.dumps(EVENTS)
ENVELOPE = json.dumps({"events": EVENTS, "key": PUBLISHABLE})
NDJSON = "".join(f"{json.dumps(event)}\n" for event in EVENTS)
KEYED_NDJSON = "".join(json.dumps({**event, "key": PUBLISHABLE}) + "\n" for event in EVENTS)
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    '--xyz\r\nContent-Disposition: form-data; name="key"\r\n\r\npk_0123\r\n'
    f'--xyz\r\nContent-Disposition: form-data; name="events"\r\n\r\n{LIST}\r\n--xyz--\r\n'
)
zipped = gzip.compress


def encoded(data: bytes) -> dict[str, Any]:
    return {"body": base64.b64encode(data).decode(), "is_base64": True}


FORMS: dict[str, dict[str, Any]] = {
    "list": {"body": LIST},
    "list over lines": {"body": json.dumps(EVENTS, indent=2), "content_type": "application/json"},
    "object with events": {"body": json.dumps({"events": EVENTS})},
    "NDJSON": {"body": NDJSON, "content_type": "application/x-ndjson"},
    "NDJSON with Windows line breaks, blank lines and none at the end": {"body": NDJSON.strip().replace("\n", "\r\n\r\n")},
    "NDJSON as curl -d sends it": {"body": NDJSON.replace("\n", ""), "content_type": FORM},
    "JSON as curl -d sends it": {"body": LIST, "content_type": FORM},
    "text of a beacon": {"body": ENVELOPE, "content_type": "text/plain;charset=UTF-8"},
    "no content type": {"body": LIST, "content_type": ""},
    "byte order mark": {"body": "\ufeff" + LIST},
    "form": {"body": urlencode({"events": LIST, "key": PUBLISHABLE}), "content_type": FORM},
    "form of NDJSON": {"body": f"events={quote(NDJSON)}", "content_type": f"{FORM}; charset=UTF-8"},
    "form with several fields": {"body": MULTIPART, "content_type": "multipart/form-data; boundary=xyz"},
    "base64": encoded(LIST.encode()),
    "gzip": {**encoded(zipped(LIST.encode())), "content_encoding": "gzip"},
    "gzip in two members": {**encoded(zipped(LIST[:50].encode()) + zipped(LIST[50:].encode())), "content_encoding": "gzip"},
    "gzip without a header": encoded(zipped(NDJSON.encode())),
    "gzip that API Gateway decompressed": {"body": LIST, "content_encoding": "gzip"},
}
KEYED: dict[str, dict[str, Any]] = {
    "object": {"body": ENVELOPE},
    "lines": {"body": KEYED_NDJSON},
    "form": FORMS["form"],
    "form with several fields": FORMS["form with several fields"],
    "text of a beacon": FORMS["text of a beacon"],
}


def accepted(arguments: dict[str, Any], **headers: str) -> list[tuple[str, str | None]]:
    shop = Shop()
    reply = shop.call("POST", "/v1/events", **arguments, **headers)
    assert (reply.status, json.loads(reply.body)["accepted"]) == (202, 2), reply.body
    assert shop.objects == {}
    return [(line["event_id"], line.get("category")) for line in shop.stream.lines]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_body_has_the_same_events(form: str):
    assert accepted(FORMS[form], x_api_key=PUBLISHABLE) == [("e1", None), ("e2", "кружки")]


@pytest.mark.parametrize("form", KEYED)
def test_the_key_is_found_in_the_body(form: str):
    assert accepted(KEYED[form]) == [("e1", None), ("e2", "кружки")]


def test_one_event_alone_is_a_body():
    assert Shop().post(VIEW)[1]["accepted"] == 1


def test_a_body_of_exactly_the_limits_is_taken():
    shop = Shop()
    body = json.dumps([{**VIEW, "event_id": f"e{number}"} for number in range(500)])
    status, answer = shop.post(body + " " * ((1 << 20) - len(body)))
    assert (status, answer["accepted"]) == (202, 500)
    assert len(shop.stream.records) == 1


def test_a_preflight_is_answered_without_a_key():
    reply = Shop().call("OPTIONS", "/v1/events", origin="https://shop.example")
    assert (reply.status, reply.body) == (204, "")
    assert reply.headers == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "content-type, content-encoding, x-api-key, idempotency-key",
        "access-control-expose-headers": "retry-after, etag",
        "access-control-max-age": "86400",
    }


def test_pages_of_other_origins_are_refused_if_the_setting_names_some():
    shop, own, other = Shop(allowed_origins=frozenset({"https://shop.example"})), "https://shop.example", "https://other.example"
    for method, body in (("OPTIONS", None), ("POST", LIST)):
        reply = shop.call(method, "/v1/events", body, x_api_key=PUBLISHABLE, origin=own)
        assert (reply.headers["access-control-allow-origin"], reply.headers["vary"]) == (own, "origin")
        assert reply.status in (202, 204)
        reply = shop.call(method, "/v1/events", body, x_api_key=PUBLISHABLE, origin=other)
        assert (reply.headers.get("access-control-allow-origin"), reply.headers["vary"]) == (None, "origin")
    # THEN the other page's events are not taken, and servers, which send no Origin, are not concerned
    assert (reply.status, json.loads(reply.body)["errors"][0]["code"]) == (403, 4205)
    assert shop.post(VIEW)[0] == 202
    assert len(shop.stream.lines) == 3


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("/v1/shoplake.js", "text/javascript; charset=utf-8", "public, max-age=3600"),
        ("/v1/openapi.json", "application/json", "public, max-age=300"),
    ],
)
def test_files_are_served_with_an_etag(path: str, content_type: str, cache: str):
    first = Shop().call("GET", path)
    assert (first.status, first.headers["content-type"], first.headers["cache-control"]) == (200, content_type, cache)
    again = Shop().call("GET", path, if_none_match=f'W/"x", {first.headers["etag"]}')
    assert (again.status, again.body, again.headers["etag"]) == (304, "", first.headers["etag"])
    assert Shop().call("GET", path, if_none_match='"x"').status == 200


def test_the_tracker_has_at_most_three_kilobytes():
    assert len(Shop().call("GET", "/v1/shoplake.js").body.encode()) <= 3_072
