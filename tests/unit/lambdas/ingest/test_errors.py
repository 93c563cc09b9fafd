"""Every numbered error, each from a request that earns it; bad events are stored, and the good ones beside them are accepted."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import Any

import pytest

from lambdas.ingest.errors import kinds
from tests.support.shop_api import NOW, PUBLISHABLE, SERVER, VIEW, ListStream, Shop, codes

ITEM = {"product_id": "mug", "quantity": 1, "price": "1"}
DEEP: Any = {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}

# By number: changes to a good event, and the field that the error names.
EVENTS: dict[str, tuple[int, dict[str, Any], str | None]] = {
    "no type": (4001, {"event_type": None}, "event_type"),
    "no time": (4001, {"event_time": ""}, "event_time"),
    "a view of nothing": (4001, {"product_id": None}, "product_id"),
    "a line without a price": (4001, {"items": [{"product_id": "mug", "quantity": 1}]}, "items[].price"),
    "user as a number": (4002, {"user_id": 7}, "user_id"),
    "consent as text": (4002, {"consent": "yes"}, "consent"),
    "quantity as a fraction": (4002, {"quantity": 1.5}, "quantity"),
    "quantity as true": (4002, {"quantity": True}, "quantity"),
    "price as a list": (4002, {"price": [1]}, "price"),
    "items as an object": (4002, {"items": {}}, "items"),
    "an item as text": (4002, {"items": ["mug"]}, "items[]"),
    "time as a number": (4002, {"event_time": 1764151200}, "event_time"),
    "unknown type": (4003, {"event_type": "click"}, "event_type"),
    "long text": (4004, {"product_id": "x" * 129}, "product_id"),
    "time without offset": (4005, {"event_time": "2026-11-26T10:00:00"}, "event_time"),
    "no such day": (4005, {"event_time": "2026-02-30T10:00:00Z"}, "event_time"),
    "no such day, with milliseconds": (4005, {"event_time": "2026-11-31T10:00:00.000Z"}, "event_time"),
    "the year 0": (4005, {"event_time": "0000-01-01T10:00:00.000Z"}, "event_time"),
    "hour 24": (4005, {"event_time": "2026-02-03T24:00:00Z"}, "event_time"),
    "before the year 1 in UTC": (4005, {"event_time": "0001-01-01T00:00:00+14:00"}, "event_time"),
    "negative price": (4006, {"price": -1}, "price"),
    "negative price as text": (4006, {"price": "-1"}, "price"),
    "five places": (4006, {"price": "1.00001"}, "price"),
    "too many digits": (4006, {"price": "100000000000000"}, "price"),
    "price in words": (4006, {"price": "cheap"}, "price"),
    "quantity out of range": (4006, {"quantity": 2**31}, "quantity"),
    "currency in lower case": (4007, {"currency": "eur"}, "currency"),
    "another major version": (4007, {"contract_version": "2.0"}, "contract_version"),
    "too many lines": (4013, {"items": [ITEM] * 101}, "items"),
    "an order of a page": (4014, {"event_type": "order", "order_id": "o1"}, "event_type"),
    "another currency": (4017, {"currency": "JPY"}, "currency"),
    "nested too deep": (4011, {"extra": DEEP}, "extra"),
}
# Bodies whose error JSON cannot write: by number, the text of the event.
TEXTS = {
    "repeated key": (4009, '{"event_type": "view", "event_type": "cart"}'),
    "repeated key within": (4009, json.dumps(VIEW)[:-1] + ', "x": {"a": 1, "a": 2}}'),
    "NaN": (4010, json.dumps(VIEW)[:-1] + ', "price": NaN}'),
    "Infinity within": (4010, json.dumps(VIEW)[:-1] + ', "x": [-Infinity]}'),
    "huge exponent": (4006, json.dumps(VIEW)[:-1] + ', "price": 1e999999999999999999999}'),
    "five thousand digits": (4006, json.dumps(VIEW)[:-1] + f', "quantity": {"9" * 5000}}}'),
    "half of a surrogate pair": (4016, json.dumps({**VIEW, "user_id": "\ud83d"})),
    "a number as event": (4008, "[7]"),
    "a list as event": (4008, "[[]]"),
    "large": (4012, json.dumps({**VIEW, "extra": "x" * 33_000})),
}


@pytest.mark.parametrize("case", EVENTS)
def test_a_wrong_event_is_refused_with_number_and_field_and_stored_with_its_bytes(case: str):
    code, change, field = EVENTS[case]
    shop, event = Shop(), {**VIEW, **change}
    status, answer = shop.post([event, VIEW])
    # THEN the good event beside it is accepted
    assert (status, answer["accepted"], answer["rejected"]) == (200, 1, 1)
    (error,) = answer["results"][0]["errors"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"].endswith(".")
    assert [line["product_id"] for line in shop.stream.lines] == ["mug"]
    (stored,) = shop.rejected
    assert (stored["index"], stored["errors"], json.loads(stored["body"])) == (0, [error], event)
    assert next(iter(shop.objects)).startswith("rejected/ingest_date=2026-11-26/")


@pytest.mark.parametrize("case", TEXTS)
def test_an_event_that_only_text_can_show_is_refused(case: str):
    code, text = TEXTS[case]
    shop = Shop()
    status, answer = shop.post(text)
    assert (status, answer["accepted"], answer["rejected"], codes(answer)) == (422, 0, 1, [code])
    assert [stored["body"] for stored in shop.rejected] == [text.removeprefix("[").removesuffix("]") if text[0] == "[" else text]
    assert shop.stream.records == []


def test_all_problems_of_an_event_are_named_at_once():
    _, answer = Shop().post({"event_type": "view", "event_time": "yesterday", "price": -1})
    assert [(error["code"], error["field"]) for error in answer["results"][0]["errors"]] == [
        (4005, "event_time"),
        (4006, "price"),
        (4001, "product_id"),
    ]


def bomb() -> str:
    return base64.b64encode(gzip.compress(b" " * (64 << 20))).decode()


@cache
def body_cases() -> dict[str, tuple[int, int, dict[str, Any]]]:
    """Of whole requests: number, status, and the arguments of the call."""
    view, zipped = json.dumps(VIEW), gzip.compress(json.dumps(VIEW).encode())
    encoded = base64.b64encode
    return {
        "no body": (4101, 400, {"body": None}),
        "blank body": (4101, 400, {"body": " \n"}),
        "no events": (4101, 400, {"body": '{"events": []}'}),
        "half an object": (4102, 400, {"body": view[:-1]}),
        "half an object over lines": (4102, 400, {"body": json.dumps(VIEW, indent=1)[:-1]}),
        "not UTF-8": (4103, 400, {"body": encoded(b'{"a": "\xff"}').decode(), "is_base64": True}),
        "half a gzip": (4104, 400, {"body": encoded(zipped[:-9]).decode(), "is_base64": True}),
        "damaged gzip": (4104, 400, {"body": encoded(zipped[:12] + b"xxxxxxxx").decode(), "is_base64": True}),
        "damaged base64": (4105, 400, {"body": "a*b", "is_base64": True}),
        "form without events": (4106, 400, {"body": "a=1", "content_type": "application/x-www-form-urlencoded"}),
        "brotli": (4107, 415, {"body": view, "content_encoding": "br"}),
        "long idempotency key": (4108, 400, {"body": view, "idempotency_key": "x" * 256}),
        "large body": (4131, 413, {"body": json.dumps([{"x": "y" * (1 << 20)}])}),
        "bomb": (4131, 413, {"body": bomb, "is_base64": True}),
        "too many events": (4132, 413, {"body": json.dumps([VIEW] * 501)}),
        "nested beyond reading": (4011, 422, {"body": "[" * 200_000}),
        "no key": (4201, 401, {"body": view, "x_api_key": ""}),
        "unknown key": (4202, 403, {"body": view, "x_api_key": "pk_other"}),
        "key with an accent": (4202, 403, {"body": view, "x_api_key": "é"}),
        "secret in the query": (4206, 403, {"body": view, "x_api_key": "", "query": {"key": SERVER}}),
        "secret in the body": (4206, 403, {"body": json.dumps({**VIEW, "key": SERVER}), "x_api_key": ""}),
        "secret in a browser": (4203, 403, {"body": view, "x_api_key": SERVER, "origin": "https://shop.example"}),
    }


@pytest.mark.parametrize("case", body_cases())
def test_a_wrong_request_is_refused_as_a_whole(case: str):
    code, status, arguments = body_cases()[case]
    shop = Shop()
    made = {name: value() if callable(value) else value for name, value in arguments.items()}
    reply = shop.call("POST", "/v1/events", **{"x_api_key": PUBLISHABLE, **made})
    answer = json.loads(reply.body)
    assert (reply.status, codes(answer), answer["accepted"]) == (status, [code], 0)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert (shop.stream.records, len(shop.rejected)) == ([], answer["rejected"])


def test_a_body_that_cannot_be_read_is_stored_byte_by_byte():
    shop = Shop()
    shop.call("POST", "/v1/events", base64.b64encode(b'{"a": "\xff"}').decode(), is_base64=True, x_api_key=PUBLISHABLE)
    (stored,) = shop.rejected
    assert (stored["index"], base64.b64decode(stored["body_base64"])) == (None, b'{"a": "\xff"}')


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "/v1/nothing", 4301, 404),
        ("GET", "", 4301, 404),
        ("GET", "/v1/events", 4302, 405),
        ("POST", "/v1/shoplake.js", 4302, 405),
        ("GET", "/v1/files/shop", 4302, 405),
    ],
)
def test_other_routes_and_methods_are_refused(method: str, path: str, code: int, status: int):
    reply = Shop().call(method, path)
    assert (reply.status, codes(json.loads(reply.body))) == (status, [code])


def test_faults_of_ours_are_503_with_a_time_to_come_back():
    # GIVEN rejected events that cannot be stored
    shop = Shop(is_storage_down=True)
    reply = shop.call("POST", "/v1/events", json.dumps([VIEW, 7]), x_api_key=PUBLISHABLE)
    assert (reply.status, codes(json.loads(reply.body)), reply.headers["retry-after"]) == (503, [5032], "2")
    assert shop.stream.records == []
    # GIVEN a secret that cannot be read
    reply = Shop(secret="").call("POST", "/v1/events", json.dumps(VIEW), x_api_key=SERVER)
    assert (reply.status, codes(json.loads(reply.body))) == (503, [5033])


def test_a_fault_in_the_code_is_a_500_that_logs_the_place_but_nothing_of_the_event(capsys: pytest.CaptureFixture[str]):
    stream = ListStream(script=[lambda _: 1 / 0])
    status, answer = Shop(stream=stream).post({**VIEW, "user_id": "ann-4711"})
    assert (status, codes(answer)) == (500, [5001])
    log = capsys.readouterr().out
    assert "ZeroDivisionError" in log
    assert "ann-4711" not in log


def test_every_number_is_tested_here_or_with_retries_and_uploads():
    tested = {code for code, *_ in [*EVENTS.values(), *TEXTS.values(), *body_cases().values()]}
    others = {4015, 4204, 4205, 4301, 4302, 4401, 4402, 4403, 4104, 5001, 5031, 5032, 5033}
    gateway = {4000, 4291, 5041}
    assert {kind.code for kind in kinds()} == tested | others | gateway


def test_answers_of_api_gateway_have_numbers_of_the_same_table():
    from stacks.constructs.gateway_responses import ANSWERS

    answers = {answer.code for answer in ANSWERS}
    assert {4000, 4131, 4202, 4291, 4301, 5041} <= answers <= {kind.code for kind in kinds()}


def test_a_line_that_is_not_json_is_refused_alone():
    shop = Shop()
    status, answer = shop.post(f'{json.dumps(VIEW)}\n{{"event_type": \n\n{json.dumps({**VIEW, "event_id": "e2"})}\n')
    assert (status, answer["accepted"], codes(answer)) == (200, 2, [4015])
    assert [stored["body"] for stored in shop.rejected] == ['{"event_type": ']
    assert answer["results"][1]["errors"][0]["message"] == "Line 2 is not JSON: expecting value at character 16."


def test_the_log_has_no_value_of_an_event(capsys: pytest.CaptureFixture[str]):
    secret = "ann-4711"
    event = {**VIEW, "user_id": secret, "email": f"{secret}@example.com", "phone": secret, "price": "x"}
    shop = Shop()
    shop.post([event, {**event, "price": "1"}], user_agent=secret, ip="203.0.113.77")
    shop.post(f'{{"user_id": "{secret}')
    log = capsys.readouterr().out
    assert '"codes": {"4006": 1}' in log
    assert secret not in log
    assert "203.0.113.77" not in log


def test_a_wrong_body_sent_again_is_stored_once():
    shop = Shop()
    for _ in range(3):
        shop.post([7, VIEW])
    shop.post([7, VIEW], received=NOW.replace(hour=11))
    assert len(shop.objects) == 1


@pytest.mark.parametrize(
    "body",
    [
        '[{"a": 1.50}, {"b": NaN, "b": 1}]',
        '{"key": "pk_0123", "note": {"x": [1]}, "events": [{"a": 1.50} ,{"b": NaN, "b": 1}], "more": 1}',
        '{"a": 1.50}\n{"b": NaN, "b": 1}\n',
        '{"a": 1.50}{"b": NaN, "b": 1}',
    ],
)
def test_rejected_events_are_stored_character_by_character(body: str):
    shop = Shop()
    shop.post(body)
    assert [stored["body"] for stored in shop.rejected] == ['{"a": 1.50}', '{"b": NaN, "b": 1}']


def test_a_key_in_the_body_is_not_stored():
    shop = Shop()
    shop.post(f'{{"event_type": "click", "key": "{PUBLISHABLE}"}}', x_api_key=None)
    assert shop.rejected[0]["body"] == '{"event_type": "click", "key": "(key)"}'
