"""Functions that DuckDB cannot answer as Athena does in SQL, in Python. A connection gets those that a query calls."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from hashlib import sha1, sha512
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from offline.athena import java_format, java_regex, json_text
from offline.athena.doubles import double_text, java_double

PREFIX = "lake_py_"
_CALL = re.compile(rf"\b{PREFIX}(\w+)", re.IGNORECASE)
# Trino trims what Java's Character.isWhitespace accepts: Unicode spaces, except those that do not break a line.
_SPACES = (
    "\t\n\x0b\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
)


def _upper(text: str) -> str:
    """Letter by letter, so that ß and ligatures stay one letter."""
    return "".join(changed if len(changed := letter.upper()) == 1 else letter for letter in text)


def _lower(text: str) -> str:
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def _levenshtein(one: str, other: str) -> int:
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, another in enumerate(other, 1):
            current.append(min(before[column] + 1, current[-1] + 1, before[column - 1] + (letter != another)))
        before = current
    return before[-1]


def _hamming(one: str, other: str) -> int:
    if len(one) != len(other):
        raise ValueError("Athena<The input strings to hamming_distance function must have the same length>")
    return sum(a != b for a, b in zip(one, other, strict=True))


def _strpos(text: str, part: str, instance: int) -> int:
    if instance == 0:
        raise ValueError("Athena<'instance' must be a positive or negative number>")
    place = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        if instance < 0 and place == 0:
            return 0
        place = text.find(part, place + 1) if instance > 0 else text.rfind(part, 0, place + len(part) - 1)
        if place < 0:
            return 0
    return place + 1


_ISO = re.compile(
    r"(?P<day>[+]?(?P<year>\d{4})(?:-(?P<yearday>\d{3})|-W(?P<week>\d{1,2})(?:-(?P<weekday>[1-7]))?"
    r"|-(?P<month>\d{1,2})(?:-(?P<date>\d{1,2}))?)?)?"
    r"(?:T(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?)?(?:[.,](?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.IGNORECASE,
)


def _iso(text: str) -> datetime:
    """ISO 8601 as Athena reads it: what is left out is its first moment, and UTC without an offset. Cut to milliseconds."""
    match = _ISO.fullmatch(text)
    try:
        if match is None or not text:
            raise ValueError(text)
        return _iso_day(match) + _iso_time(match)
    except (ValueError, OverflowError):
        raise ValueError(f"Athena<Cannot cast '{text}' to timestamp>") from None


def _iso_day(match: re.Match[str]) -> datetime:
    """Midnight of the day, in the zone."""
    year = int(match["year"] or 1970)
    if match["yearday"]:
        day = date(year, 1, 1) + timedelta(int(match["yearday"]) - 1)
    elif match["week"]:
        day = date.fromisocalendar(year, int(match["week"]), int(match["weekday"] or 1))
    else:
        day = date(year, int(match["month"] or 1), int(match["date"] or 1))
    if day.year != year and match["yearday"]:
        raise ValueError(match[0])
    return datetime.combine(day, time.min, _iso_zone(match["zone"] or "Z"))


def _iso_zone(zone: str) -> tzinfo:
    if zone.upper() == "Z":
        return UTC
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]) if len(zone) > 3 else 0)
    return timezone(-offset if zone[0] == "-" else offset)


def _iso_time(match: re.Match[str]) -> timedelta:
    """Since midnight. A fraction is of the last unit that is written."""
    hour, minute, second = (int(match[unit] or 0) for unit in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(match[0])
    last = next((size for unit, size in (("second", 1), ("minute", 60)) if match[unit]), 3600)
    fraction = int(match["fraction"] or 0) * last * 1000 // 10 ** len(match["fraction"] or "0")
    return timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=fraction)


def _iso_wall(text: str) -> datetime:
    return _iso(text).replace(tzinfo=None)


def _iso_instant(text: str) -> datetime:
    return _iso(text).astimezone(UTC).replace(tzinfo=None)


def _iso_guarded(text: str) -> datetime:
    if _iso(text).utcoffset():
        raise ValueError(
            f"Offline<'{text}' has a UTC offset, which cannot be stored offline; convert it in the same expression, such as "
            "cast(from_iso8601_timestamp(x) as timestamp) for its wall clock, or at_timezone(…, 'UTC')>"
        )
    return _iso_instant(text)


def _iso_date(text: str) -> str:
    if "T" in text.upper():
        raise ValueError(f"Athena<Cannot cast '{text}' to date>")
    return f"{_iso(text):%Y-%m-%d}"


def _to_base(value: int, radix: int) -> str:
    if not 2 <= radix <= 36:
        raise ValueError("Athena<Radix must be between 2 and 36>")
    digits, rest = "", abs(value)
    while rest:
        rest, digit = divmod(rest, radix)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")


def _from_base(text: str, radix: int) -> int:
    try:
        return int(text.strip() if "_" not in text else "!", radix)
    except ValueError:
        raise ValueError(f"Athena<Not a valid base-{radix} number: {text}>") from None


Function = tuple[Callable[..., Any], str, str]
FUNCTIONS: dict[str, Function] = {
    "regexp_like": (java_regex.like, "varchar varchar", "boolean"),
    "regexp_extract": (java_regex.extract, "varchar varchar bigint", "varchar"),
    "regexp_extract_all": (java_regex.extract_all, "varchar varchar bigint", "varchar[]"),
    "regexp_split": (java_regex.split, "varchar varchar", "varchar[]"),
    "regexp_count": (java_regex.count, "varchar varchar", "bigint"),
    "regexp_position": (java_regex.position, "varchar varchar bigint bigint", "integer"),
    "regexp_replace": (java_regex.replace, "varchar varchar varchar", "varchar"),
    "json_scalar": (json_text.scalar, "varchar varchar", "varchar"),
    "json_text": (json_text.text_of, "varchar", "varchar"),
    "json_texts": (json_text.texts_of, "varchar bigint", "varchar"),
    "json_number": (json_text.number_of, "varchar", "varchar"),
    "json_integer": (json_text.integer_of, "varchar", "varchar"),
    "json_boolean": (json_text.boolean_of, "varchar", "boolean"),
    "json_extract": (json_text.extract, "varchar varchar", "varchar"),
    "json_parse": (json_text.parse, "varchar", "varchar"),
    "json_size": (json_text.size, "varchar varchar", "bigint"),
    "json_array_length": (json_text.array_length, "varchar", "bigint"),
    "json_array_get": (json_text.array_get, "varchar bigint", "varchar"),
    "is_json_scalar": (json_text.is_scalar, "varchar", "boolean"),
    "upper": (_upper, "varchar", "varchar"),
    "lower": (_lower, "varchar", "varchar"),
    "reverse": (lambda text: text[::-1], "varchar", "varchar"),
    "replace": (str.replace, "varchar varchar varchar", "varchar"),
    "trim": (lambda text: text.strip(_SPACES), "varchar", "varchar"),
    "ltrim": (lambda text: text.lstrip(_SPACES), "varchar", "varchar"),
    "rtrim": (lambda text: text.rstrip(_SPACES), "varchar", "varchar"),
    "levenshtein": (_levenshtein, "varchar varchar", "bigint"),
    "hamming": (_hamming, "varchar varchar", "bigint"),
    "strpos": (_strpos, "varchar varchar bigint", "bigint"),
    "from_utf8": (lambda data: data.decode("utf-8", "replace"), "blob", "varchar"),
    "sha1": (lambda data: sha1(data, usedforsecurity=False).digest(), "blob", "blob"),
    "sha512": (lambda data: sha512(data).digest(), "blob", "blob"),
    "crc32": (zlib.crc32, "blob", "bigint"),
    "double_text": (double_text, "double", "varchar"),
    "java_double": (java_double, "double", "varchar"),
    "format": (java_format.formatted, "varchar varchar[]", "varchar"),
    "iso_wall": (_iso_wall, "varchar", "timestamp"),
    "iso_instant": (_iso_instant, "varchar", "timestamp"),
    "iso_guarded": (_iso_guarded, "varchar", "timestamp"),
    "iso_date": (_iso_date, "varchar", "varchar"),
    "to_base": (_to_base, "bigint bigint", "varchar"),
    "from_base": (_from_base, "varchar bigint", "bigint"),
}


def called(sql: str) -> set[str]:
    """The names of these functions that a DuckDB query calls."""
    return {name.lower() for name in _CALL.findall(sql)} & FUNCTIONS.keys()


def install(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    function, parameters, returns = FUNCTIONS[name]
    kinds: list[Any] = parameters.split()
    # DuckDB counts the parameters of the function that it calls.
    strict = _STRICT[len(kinds)](function)
    connection.create_function(PREFIX + name, strict, kinds, returns, null_handling=SPECIAL)


def _strict_1(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a: None if a is None else function(a)


def _strict_2(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: None if a is None or b is None else function(a, b)


def _strict_3(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b, c: None if a is None or b is None or c is None else function(a, b, c)


def _strict_4(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b, c, d: None if None in (a, b, c, d) else function(a, b, c, d)


_STRICT = {1: _strict_1, 2: _strict_2, 3: _strict_3, 4: _strict_4}  # null in, null out
