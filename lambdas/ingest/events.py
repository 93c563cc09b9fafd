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
_CHECKS = {name: check_of(name, field) for name, field in FIELDS.items() if field["set_by"] != "ingest"}
_PERSONAL = {name: field["treatment"] for name, field in FIELDS.items() if "treatment" in field}
_IGNORED = {name for name, field in FIELDS.items() if field["set_by"] == "ingest"}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_encode_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


class Sender:
    """What all events of a request share. `hash_key` is a function, because most requests need no secret."""

    def __init__(
        self, *, key: Key, received: datetime, ip: str | None, is_bot: bool, idempotency: str, hash_key: Callable[[], bytes]
    ) -> None:
        self.key = key
        self.received_at = instant_text(received)
        self.latest = instant_text(received + CLOCK_SKEW)
        self.ip = ip if key is Key.PUBLISHABLE else None
        self.is_bot = is_bot
        self.idempotency = idempotency
        self.hash_key = hash_key


@dataclass(frozen=True, slots=True)
class Line:
    """An accepted event: the text of its line without the line break, and the partition key that keeps its order."""

    event_id: str
    partition_key: str
    text: bytes


def line_of(event: Any, sender: Sender) -> Line | list[Problem]:
    """The event's line, or all that is wrong with it."""
    if type(event) is not dict:
        return [_not_an_object(event)]
    stored: dict[str, Any] = {}
    flags: set[str] = set()
    problems: list[Problem] = []
    for name, value in event.items():
        if value is None or value == "":
            continue
        check = _CHECKS.get(name)
        kept = check(value) if check else _unknown(name, value, flags)
        if type(kept) is Problem:
            problems.append(kept)
        elif kept is not None:
            stored[name] = kept
    problems += _missing(stored, {problem.field for problem in problems}, sender.key)
    return problems or _line(stored, flags, sender)


def _not_an_object(event: Any) -> Problem:
    if isinstance(event, Problem):
        return event
    if isinstance(event, DuplicateKeys):
        return Problem(DUPLICATE_KEY, DUPLICATE_KEY.meaning)
    return event.problem if isinstance(event, BadNumber) else Problem(NOT_OBJECT, NOT_OBJECT.meaning)


def _unknown(name: str, value: Any, flags: set[str]) -> Any:
    if name in _IGNORED:
        flags.add("ignored_field")
        return None
    flags.add("unknown_field")
    return unknown(name, value, 2)


def _missing(stored: dict[str, Any], reported: set[str | None], key: Key) -> list[Problem]:
    """Fields that the event or its type requires, unless a problem with one is reported; types from servers only."""
    event_type = str(stored.get("event_type"))
    required = [*REQUIRED, *REQUIRES.get(event_type, ())]
    problems = [Problem(MISSING, f"{name} is missing.", name) for name in required if name not in stored and name not in reported]
    if event_type in SERVER_TYPES and key is not Key.SERVER:
        problems.append(Problem(SERVER_ONLY, f"Events of the type {event_type} need the server key.", "event_type"))
    return problems


def _line(stored: dict[str, Any], flags: set[str], sender: Sender) -> Line | list[Problem]:
    if stored.get("consent") is False and sender.key is Key.PUBLISHABLE:
        flags.add("no_consent")
        for name in PSEUDONYMS:
            stored.pop(name, None)
    elif sender.ip:
        stored["ip"] = sender.ip
    for name in _PERSONAL.keys() & stored.keys():
        value = stored.pop(name)
        if _PERSONAL[name] == "hash" and "no_consent" not in flags:
            stored[f"{name}_hash"] = hashed(value, sender.hash_key())
    event_id = stored.get("event_id") or _id_of_content(stored, sender)
    stored["event_id"] = event_id
    if stored.setdefault("contract_version", NEWEST) != NEWEST and _minor(stored["contract_version"]) > _minor(NEWEST):
        flags.add("newer_version")
    if stored["event_time"] > sender.latest:
        flags.add("clock_ahead")
    if sender.is_bot:
        flags.add("bot")
    stored["received_at"], stored["key"], stored["flags"] = sender.received_at, sender.key.value, sorted(flags)
    return _encoded(stored, event_id)


def _encoded(stored: dict[str, Any], event_id: str) -> Line | list[Problem]:
    try:
        text = _encode(stored).encode()
    except UnicodeEncodeError:
        return [Problem(UNICODE, UNICODE.meaning)]
    if len(text) > EVENT_BYTES:
        return [Problem(EVENT_SIZE, f"The event has {len(text):,} bytes; send at most {EVENT_BYTES:,}.")]
    return Line(event_id, stored.get("user_id") or stored.get("session_id") or event_id, text)


def _id_of_content(stored: dict[str, Any], sender: Sender) -> str:
    """The same content with the same Idempotency-Key gives the same ID, on any machine and at any time."""
    content = {name: value for name, value in stored.items() if name != "ip"}
    return hashlib.sha256(f"{sender.idempotency}\n{_encode_sorted(content)}".encode()).hexdigest()[:32]


def _minor(version: str) -> int:
    return int(version.partition(".")[2])
