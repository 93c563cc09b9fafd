"""Requests that no client should send: seeded, so that a number reproduces one."""

from __future__ import annotations

import base64
import gzip
import json
import random
from typing import Any

from lambdas.ingest.event_fields import FIELDS
from tests.support.shop_api import PUBLISHABLE, SERVER, VIEW

TYPES = ["page", "view", "search", "cart", "purchase", "order", "refund", "stock", "click", "", None, 7]
TEXTS = [
    "",
    " ",
    "\x00",
    "\n",
    "\u2028",
    "\ufeff",
    "\u202e",
    "ﷺ" * 50,
    "😀" * 40,
    "é́",
    "x" * 129,
    "y" * 3000,
    "null",
    "' or 1=1 --",
    "{{7*7}}",
    "../../etc",
    "2026-13-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-11-26T10:00:60Z",
    "٣",
    "1e5",
    "+1",
    "0x10",
    "12.50",
]
# JSON texts that json.dumps would not write.
RAW = [
    "NaN",
    "-Infinity",
    "1e400",
    "-1e-400",
    "1e999999999999999999",
    "9" * 5000,
    "-" + "9" * 400,
    "0.1e-99",
    "1" + "0" * 99 + ".5",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '{"a": 1, "a": 2}',
    "[" * 9 + "]" * 9,
    "[" * 60_000,
    '{"a":' * 7 + "1" + "}" * 7,
    "true",
    "tru",
    "'x'",
    "0123",
    "1.",
    ".5",
    "-",
    "{",
    '"',
    "/**/1",
]
HEADERS = ["content-type", "content-encoding", "user-agent", "idempotency-key", "origin", "x-api-key", "if-none-match", "accept"]
VALUES = [
    "",
    "gzip",
    "br",
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=xyz\r\nx: y",
    "é\x00\n",
    "x" * 300,
    "https://shop.example",
    "bot",
    "*",
    ";;;=",
    PUBLISHABLE,
    SERVER,
]
PATHS = [
    "/v1/events",
    "/v1/events/",
    "/v1/files/shop",
    "/v1/files/",
    "/v1/files/%2e%2e",
    "/v1/shoplake.js",
    "/",
    "",
    "/v1/\x00",
    "/x" * 900,
]


def request(number: int) -> dict[str, Any]:
    """The event of API Gateway with this number."""
    chance = random.Random(number)
    headers = {"x-api-key": chance.choice([PUBLISHABLE, PUBLISHABLE, SERVER])}
    for _ in range(chance.choice([0, 0, 1, 3])):
        headers[chance.choice(HEADERS)] = chance.choice(VALUES)
    body, is_base64 = _packed(_body(chance), chance)
    return {
        "httpMethod": chance.choice(["POST"] * 30 + ["GET", "PUT", "OPTIONS", "", "post"]),
        "path": chance.choice(["/v1/events"] * 40 + PATHS),
        "headers": chance.choice([headers] * 20 + [None, {}]),
        "queryStringParameters": chance.choice([None, None, {}, {"key": PUBLISHABLE}, {"key": "é\ud800"}]),
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": chance.choice([{"identity": {"sourceIp": _address(chance)}}, None, {}]),
    }


def _address(chance: random.Random) -> str:
    return chance.choice(["203.0.113.77", "2001:db8::1", "::ffff:1.2.3.4", "fe80::1%25eth0", "", "999.1.1.1", "x" * 400])


def _body(chance: random.Random) -> str:
    events = [_event(chance) for _ in range(chance.choice([1, 1, 2, 3, 8]))]
    shape = chance.randrange(8)
    if shape == 0:
        text = events[0]
    elif shape == 1:
        text = "\n".join(events)
    elif shape == 2:
        text = "".join(events)
    elif shape == 3:
        text = f'{{"key": {json.dumps(chance.choice([PUBLISHABLE, SERVER, "", 7]))}, "events": [{", ".join(events)}]}}'
    elif shape == 4:
        text = chance.choice(RAW + [json.dumps(each) for each in TEXTS])
    else:
        text = f"[{', '.join(events)}]"
    for _ in range(chance.choice([0, 0, 0, 1, 4])):
        text = _broken(text, chance)
    large = chance.randrange(400)
    return text + " " * (1 << 20) if large == 0 else f"[{'1,' * 500}1]" if large == 1 else text


def _event(chance: random.Random) -> str:
    """A good event with up to four fields changed, as text, so that it can hold what JSON forbids."""
    fields = {name: json.dumps(value) for name, value in VIEW.items()}
    fields["event_type"] = json.dumps(chance.choice(TYPES))
    fields["event_id"] = json.dumps(f"e{chance.randrange(1000)}")
    for _ in range(chance.choice([0, 0, 1, 2, 4])):
        fields[chance.choice([*FIELDS, "extra", "key", "é", ""])] = _value(chance)
    pairs = [f"{json.dumps(name)}: {value}" for name, value in fields.items()]
    if chance.random() < 0.05:
        pairs.append(chance.choice(pairs))
    return "{" + ", ".join(pairs) + "}"


def _value(chance: random.Random, depth: int = 0) -> str:
    kind = chance.randrange(7)
    if kind == 0:
        return json.dumps(chance.choice(TEXTS), ensure_ascii=chance.random() < 0.5)
    if kind == 1:
        return chance.choice(RAW)
    if kind == 2:
        return json.dumps(chance.choice([0, -1, 1, 2**31, 2**63, 10**30, 0.1, -0.0, 1e-5, 12.5, 1e300]))
    if kind == 3:
        return chance.choice(["true", "false", "null"])
    if kind == 4 and depth < 12:
        return f"[{', '.join(_value(chance, depth + 1) for _ in range(chance.randrange(4)))}]"
    if kind == 5 and depth < 12:
        names = [chance.choice(["product_id", "quantity", "price", "x"]) for _ in range(chance.randrange(4))]
        return "{" + ", ".join(f'"{name}": {_value(chance, depth + 1)}' for name in names) + "}"
    return json.dumps("x" * chance.choice([1, 10, 1000, 40_000]))


def _broken(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    edit = chance.randrange(4)
    if edit == 0:
        return text[:at]
    if edit == 1:
        return text[:at] + chance.choice(['"', "{", "}", "[", "]", ",", ":", "\\", "\x00", "\ud800", "\n", "é"]) + text[at:]
    if edit == 2:
        return text[:at] + text[at + chance.randrange(1, 5) :]
    return text[:at] + text[at:] * 2


def _packed(text: str, chance: random.Random) -> tuple[str | None, bool]:
    """The body as API Gateway hands it over: plain, base64 or gzip, sometimes damaged."""
    form = chance.randrange(12)
    data = text.encode("utf-8", "surrogatepass")
    if form == 0:
        data = gzip.compress(data, 1)
        data = data[: chance.randrange(len(data))] if chance.random() < 0.3 else data
    if form == 1:
        return chance.choice([None, "", "*", "YQ", "é"]), True
    if form == 2:
        return chance.choice([None, "", " "]), False
    return (base64.b64encode(data).decode(), True) if form in (0, 3) else (text, False)
