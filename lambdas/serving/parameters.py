"""Parameters of requests: a valid value, or a sentence that says what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lambdas.serving.errors import PARAMETER, RequestError

DEFAULT_SPAN = timedelta(minutes=15)
# An hour of details at a thousand events a second is some 10 MB to read.
LONGEST_SPAN = timedelta(hours=1)
DEFAULT_WINDOW, LONGEST_WINDOW = 60, 3600
DEFAULT_LIMIT, HIGHEST_LIMIT = 10, 100
# What the top products have most of; the first is the default.
TOP_BY = ("view", "cart", "purchase", "revenue")
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
# Of the event contract.
ID_CHARACTERS = 128
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def item_id(text: str, what: str) -> str:
    """An id of a customer or a product."""
    if not text or len(text) > ID_CHARACTERS:
        raise RequestError(PARAMETER, f"The {what} id has {len(text)} characters; expected 1 to {ID_CHARACTERS}.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(PARAMETER, f"The {what} id is not valid Unicode.") from None
    return text


def window(query: Mapping[str, str]) -> int:
    """The size of windows in seconds."""
    return _whole(query, "window", default=DEFAULT_WINDOW, highest=LONGEST_WINDOW)


def limit(query: Mapping[str, str]) -> int:
    """How many products are listed."""
    return _whole(query, "limit", default=DEFAULT_LIMIT, highest=HIGHEST_LIMIT)


def source(query: Mapping[str, str], *, default: str) -> str:
    """The source that the request is about."""
    name = query.get("source", default)
    if not SOURCE.fullmatch(name):
        sentence = "The parameter source is not the name of a source: lower-case letters, digits and _, up to 64."
        raise RequestError(PARAMETER, sentence)
    return name


def choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """One of the choices; the first is the default."""
    value = query.get(name, choices[0])
    if value not in choices:
        raise RequestError(PARAMETER, f"The parameter {name} is none of {', '.join(choices)}; choose one.")
    return value


def span(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """From `since` (15 minutes before) to `until` (now)."""
    until = _instant(query, "until") or datetime.now(UTC)
    since = _instant(query, "since") or until - DEFAULT_SPAN
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        minutes = LONGEST_SPAN // timedelta(minutes=1)
        raise RequestError(PARAMETER, f"The parameter since must be before until, by {minutes} minutes or less.")
    return since, until


def _instant(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    sentence = f"The parameter {name} is not a time such as 2026-11-26T10:00:00Z."
    try:
        # In a query, + is a space.
        value = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise RequestError(PARAMETER, sentence) from None
    if value.tzinfo is None or not FIRST < value.replace(tzinfo=UTC) < LAST:
        raise RequestError(PARAMETER, sentence)
    return value.astimezone(UTC)


def _whole(query: Mapping[str, str], name: str, *, default: int, highest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= highest):
        raise RequestError(PARAMETER, f"The parameter {name} is not a whole number from 1 to {highest:,}.")
    return int(text)
