"""One line of the stream as an event. The line's contract is that of the ingest function.

Money is counted in whole ten-thousandths, so that sums are exact and fast. A record is accepted or refused as a whole.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

KINDS = ("page", "view", "search", "cart", "remove_from_cart", "checkout", "purchase", "order", "refund", "stock")
OTHER = "other"
VALUED = frozenset({"cart", "remove_from_cart", "checkout", "purchase", "order", "refund"})
MONEY_PLACES = 4
TIME_LENGTH = len("2026-11-26T10:00:00.000000Z")
MONEY = re.compile(r"(-?\d{1,18})(?:\.(\d{1,4}))?")


class UnreadableError(ValueError):
    """The record is not a sequence of events; the text says why, without its content."""


class Line(NamedTuple):
    """A product of an event: how many, and their value in ten-thousandths."""

    product_id: str
    quantity: int
    amount: int


class Event(NamedTuple):
    """What the live path counts of an event. Times are epoch milliseconds; ids of sessions and events are hashes."""

    id: bytes
    kind: str
    at: int
    received: int
    amount: int
    lines: Sequence[Line]
    user: str | None
    session: bytes | None
    brand: str | None
    category: str | None
    flags: Sequence[str]


def decode(data: bytes) -> list[Event]:
    """The events of a record, one JSON object per line. Raises UnreadableError for the first line that is not an event."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError("not UTF-8") from None
    events = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            events.append(_event(line, number))
    if not events:
        raise UnreadableError("no event")
    return events


def _event(line: str, number: int) -> Event:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise UnreadableError(f"line {number} is not JSON") from None
    if not isinstance(content, dict):
        raise UnreadableError(f"line {number} is not a JSON object")
    try:
        return _parsed(content)
    except KeyError as error:
        raise UnreadableError(f"line {number} has no {error.args[0]}") from None
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise UnreadableError(f"line {number} breaks the contract of events") from None


def _parsed(content: Mapping[str, Any]) -> Event:
    kind = content["event_type"]
    category = _text(content.get("category"))
    session = _text(content.get("session_id"))
    lines = _lines(content)
    valued = kind in VALUED
    return Event(
        id=fingerprint(content["event_id"]),
        kind=kind if kind in KINDS else _other(kind),
        at=_milliseconds(content["event_time"]),
        received=_milliseconds(content["received_at"]),
        amount=_amount(content, lines) if valued else 0,
        lines=lines if valued else [line._replace(amount=0) for line in lines],
        user=_text(content.get("user_id")),
        session=fingerprint(session) if session else None,
        brand=_text(content.get("brand")),
        category=category.split(".", 1)[0] if category else None,
        flags=[_required(flag) for flag in content.get("flags", ())],
    )


def _lines(content: Mapping[str, Any]) -> list[Line]:
    """The products of an event: its items, else its product."""
    items = content.get("items")
    if items:
        return [_line(item) for item in items]
    return [_line(content)] if _text(content.get("product_id")) else []


def _line(item: Mapping[str, Any]) -> Line:
    quantity = _quantity(item)
    price = item.get("price")
    return Line(_required(item["product_id"]), quantity, money(price) * quantity if price is not None else 0)


def _amount(content: Mapping[str, Any], lines: Sequence[Line]) -> int:
    if lines:
        return sum(line.amount for line in lines)
    price = content.get("price")
    return money(price) * _quantity(content) if price is not None else 0


def _quantity(item: Mapping[str, Any]) -> int:
    quantity = item.get("quantity")
    if quantity is None:
        return 1
    if not isinstance(quantity, int) or isinstance(quantity, bool) or abs(quantity) >= 2**31:
        raise ValueError("quantity")
    return quantity


@functools.lru_cache(maxsize=8192)
def money(text: str) -> int:
    """'12.50' as 125000."""
    match = MONEY.fullmatch(text)
    if match is None:
        raise ValueError("price")
    whole, places = match[1], match[2] or ""
    return int(whole + places.ljust(MONEY_PLACES, "0"))


def _milliseconds(text: str) -> int:
    if len(text) != TIME_LENGTH or text[19] != "." or text[-1] != "Z":
        raise ValueError("time")
    return _second(text[:19]) * 1000 + int(text[20:23])


@functools.lru_cache(maxsize=8192)
def _second(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp())


def fingerprint(text: str) -> bytes:
    """8 bytes that stand for an id. In a million ids, a new one equals one of them once in 18 million million draws."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _text(value: Any) -> str | None:
    return None if value is None else _required(value) or None


def _required(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value.encode("utf-8", "replace").decode() if not value.isascii() else value


def _other(kind: Any) -> str:
    _required(kind)
    return OTHER
