"""Functions that DuckDB cannot answer as Athena does in SQL, in Python. A connection gets those that a query calls."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha1, sha512
from math import isnan
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from offline.athena import java_format, java_regex, json_text

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


def shortest_real(value: float) -> float:
    """The double with the fewest digits that is this real: 1.1, where the real as a double is 1.100000023841858."""
    for digits in range(6, 9):
        if struct.pack("f", short := float(f"{value:.{digits}g}")) == struct.pack("f", value):
            return short
    return value


def double_text(value: float) -> str:
    """A double as Athena casts it to varchar: 1.5E0, 1.0E10, NaN."""
    if isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, exponent = _shortest(value)
    if digits == "0":
        return f"{sign}0E0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest(value: float) -> tuple[str, str, int]:
    mantissa, _, power = f"{value!r}".lower().partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading = len(whole + fraction) - len(digits)
    return sign, digits.rstrip("0") or "0", int(power or 0) + len(whole) - 1 - leading


def java_double(value: float) -> str:
    """Java's Double.toString: plain between a thousandth and ten million, else as 1.0E10."""
    if value == 0:
        return str(value)
    return repr(value) if 1e-3 <= abs(value) < 1e7 else double_text(value)


def _iso(text: str) -> datetime:
    """ISO 8601 as Athena reads it: a year or a month is its first moment; without an offset it is UTC. Cut to milliseconds."""
    whole = f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{3})", whole):
            moment = datetime.strptime(f"{match[1]} {match[2]} +0000", "%Y %j %z")
        else:
            moment = datetime.fromisoformat(re.sub(r"([.,]\d{6})\d+", r"\1", whole))
    except ValueError:
        raise ValueError(f"Athena<Cannot cast '{text}' to timestamp>") from None
    if re.search(r" |^\d{8}|T\d{4}", text):  # a basic form without separators
        raise ValueError(f"Athena<Cannot cast '{text}' to timestamp>")
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
    if "T" in text:
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
