"""One event of a request becomes a line of the stream, or the problems with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.ingest.checks import check_of, instant_text, unknown
from lambdas.ingest.errors import (
    CURRENCY,
    DUPLICATE_KEY,
    EVENT_BYTES,
    EVENT_SIZE,
    MISSING,
    NOT_OBJECT,
    SERVER_ONLY,
    UNICODE,
    Problem,
)
from lambdas.ingest.event_fields import FIELDS, NEWEST, PSEUDONYMS, REQUIRED, REQUIRES, SERVER_TYPES
from lambdas.ingest.json_text import BadNumber, DuplicateKeys
from lambdas.ingest.keys import Key
from lambdas.ingest.privacy import hashed

CLOCK_SKEW = timedelta(hours=24)
# By flag of an event: what it means.
FLAGS = {
    "bot": "The User-Agent names a crawler or another program.",
    "clock_ahead": "event_time is more than 24 hours after received_at.",
    "ignored_field": "The sender set a field that only the API sets; it was left out.",
    "newer_version": "The event follows a newer contract than this API knows.",
    "no_consent": "The event came from a page, with consent false: user_id, session_id, email and address were dropped.",
    "unknown_field": "The event has a field that the contract does not have; it is stored as it came.",
}
_SENT = {name: field for name, field in FIELDS.items() if field["set_by"] != "ingest"}
_IGNORED = FIELDS.keys() - _SENT.keys()
_CHECKS = {name: check_of(name, field) for name, field in _SENT.items()}
_PERSONAL = {name: field["treatment"] for name, field in _SENT.items() if "treatment" in field}
_HASHED = [name for name, treatment in _PERSONAL.items() if treatment == "hash"]
# Texts without any rule but their length are most of an event; they are checked in the loop itself.
_TEXTS = {
    name: field["max_length"]
    for name, field in _SENT.items()
    if field["type"] == "string" and not field.keys() & {"choices", "pattern", "treatment"}
}
_REQUIRED = {name: (*REQUIRED, *REQUIRES.get(name, ())) for name in FIELDS["event_type"]["choices"]}
_encode_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def _encoder() -> Callable[[Any], str]:
    """JSONEncoder without what it does again for every call, which would be a sixth of the cost of an event."""
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    encode = make(None, encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


_encode = _encoder()
_NEWEST = f',"contract_version":"{NEWEST}"'


class Sender:
    """What all events of a request share. `hash_key` is a function, because most requests need no secret."""

    def __init__(
        self,
        *,
        key: Key,
        received: datetime,
        ip: str | None,
        is_bot: bool,
        idempotency: str,
        currency: str,
        hash_key: Callable[[], bytes],
    ) -> None:
        self.key = key.value
        self.is_server = key is Key.SERVER
        self.latest = instant_text(received + CLOCK_SKEW)
        # Fields that the API sets are the same in all events of a request: their text is made once.
        self.address = f',"ip":"{ip}"' if ip and not self.is_server else ""
        self.common = f',"received_at":"{instant_text(received)}","key":"{key.value}"'
        self.is_bot = is_bot
        self.idempotency = idempotency
        self.currency = currency
        self.hash_key = hash_key


@dataclass(slots=True)
class Line:
    """An accepted event: the text of its line without the line break, and the partition key that keeps its order."""

    event_id: str
    partition_key: str
    text: bytes


def line_of(event: Any, sender: Sender) -> Line | list[Problem]:
    """The event's line, or all that is wrong with it. The event itself becomes what is stored: a copy would cost more."""
    if type(event) is not dict:
        return [_not_an_object(event)]
    flags: list[str] = []
    problems = _check(event, flags)
    event_type = event.get("event_type", "")
    for name in _REQUIRED.get(event_type, REQUIRED):
        if name not in event:
            problems += _missing(name, problems)
    if event_type in SERVER_TYPES and not sender.is_server:
        problems.append(Problem(SERVER_ONLY, f"Events of the type {event_type} need the server key.", "event_type"))
    if (currency := event.get("currency", sender.currency)) != sender.currency:
        problems.append(Problem(CURRENCY, f"Amounts are in {sender.currency}, not {currency}; convert them.", "currency"))
    return problems or _line(event, flags, sender)


def _check(event: dict[str, Any], flags: list[str]) -> list[Problem]:
    """Change each value to what is stored of it, drop fields without one, and say what is wrong."""
    problems: list[Problem] = []
    dropped: list[str] = []
    limits = _TEXTS
    for name, value in event.items():
        if name in limits and type(value) is str and 0 < len(value) <= limits[name]:
            continue
        if value is None or value == "":
            dropped.append(name)
            continue
        kept = _CHECKS[name](value) if name in _CHECKS else _unknown(name, value, flags)
        if kept is value:
            continue
        if kept is None:
            dropped.append(name)
        elif type(kept) is Problem:
            problems.append(kept)
            dropped.append(name)
        else:
            event[name] = kept
    for name in dropped:
        del event[name]
    return problems


def _not_an_object(event: Any) -> Problem:
    if isinstance(event, Problem):
        return event
    if isinstance(event, DuplicateKeys):
        return Problem(DUPLICATE_KEY, DUPLICATE_KEY.meaning)
    return event.problem if isinstance(event, BadNumber) else Problem(NOT_OBJECT, NOT_OBJECT.meaning)


def _unknown(name: str, value: Any, flags: list[str]) -> Any:
    if name in _IGNORED:
        flags.append("ignored_field")
        return None
    flags.append("unknown_field")
    return unknown(name, value, 2)


def _missing(name: str, problems: list[Problem]) -> list[Problem]:
    """The problem that a field is missing, unless a problem with it is reported already."""
    is_reported = any(problem.field == name for problem in problems)
    return [] if is_reported else [Problem(MISSING, f"{name} is missing.", name)]


def _line(stored: dict[str, Any], flags: list[str], sender: Sender) -> Line | list[Problem]:
    content, address, version = stored, sender.address, ""
    if stored.get("consent") is False and not sender.is_server:
        flags.append("no_consent")
        address = ""
        # Events of two visitors stay two events, though neither visitor is stored.
        content = {name: value for name, value in stored.items() if name not in _PERSONAL}
        for name in (*PSEUDONYMS, *_PERSONAL):
            stored.pop(name, None)
    else:
        for name in _HASHED:
            if name in stored:
                stored[f"{name}_hash"] = hashed(stored.pop(name), sender.hash_key())
    event_id = stored.get("event_id")
    if event_id is None:
        event_id = stored["event_id"] = _id_of_content(content, sender)
    if "contract_version" not in stored:
        version = _NEWEST
    elif _minor(stored["contract_version"]) > _minor(NEWEST):
        flags.append("newer_version")
    if stored["event_time"] > sender.latest:
        flags.append("clock_ahead")
    if sender.is_bot:
        flags.append("bot")
    written = _encode(sorted(set(flags))) if flags else "[]"
    text = f'{_encode(stored)[:-1]}{version}{address}{sender.common},"flags":{written}}}'
    return _as_line(event_id, stored.get("user_id") or stored.get("session_id") or event_id, text)


def _as_line(event_id: str, partition_key: str, written: str) -> Line | list[Problem]:
    """The line, unless it is too long or cannot be written in UTF-8."""
    try:
        text = written.encode()
    except UnicodeEncodeError:
        return [Problem(UNICODE, UNICODE.meaning)]
    if len(text) > EVENT_BYTES:
        return [Problem(EVENT_SIZE, f"The event has {len(text):,} bytes; send at most {EVENT_BYTES:,}.")]
    return Line(event_id, partition_key, text)


def _id_of_content(stored: dict[str, Any], sender: Sender) -> str:
    """The same content with the same Idempotency-Key gives the same ID, on any machine and at any time."""
    return hashlib.sha256(f"{sender.idempotency}\n{_encode_sorted(stored)}".encode()).hexdigest()[:32]


def _minor(version: str) -> int:
    return int(version.partition(".")[2])
