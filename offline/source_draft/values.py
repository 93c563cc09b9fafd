"""The type and the time format of a column, judged from the text of its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

# Names of numbers that identify or classify things; nobody adds them up, and leading zeros matter.
IDENTIFYING = re.compile(
    r"(^|_)(id|ids|no|nr|num|number|code|sku|ean|upc|gtin|asin|zip|postcode|plz|phone|invoice|order|name)($|_)"
)
EPOCH_NAME = re.compile(r"time|date|(^|_)(at|ts|on)$")
INTEGER = re.compile(r"[+-]?\d{1,18}")
POINT_DECIMAL = re.compile(r"[+-]?\d*\.\d+|[+-]?\d+")
COMMA_DECIMAL = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
INT_DIGITS, MONEY_SCALE = 9, 4
# Patterns of Spark beside those of Python that read the same text.
TIMESTAMPS = (
    ("yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
    ("yyyy-MM-dd HH:mm:ss[.SSSSSS]", "%Y-%m-%d %H:%M:%S.%f"),
    ("yyyy-MM-dd HH:mm:ss 'UTC'", "%Y-%m-%d %H:%M:%S UTC"),
    ("yyyy-MM-dd HH:mm:ss Z", "%Y-%m-%d %H:%M:%S %z"),
    ("yyyy-MM-dd HH:mm:ssXXX", "%Y-%m-%d %H:%M:%S%z"),
    ("yyyy-MM-dd HH:mm", "%Y-%m-%d %H:%M"),
    ("yyyy-MM-dd'T'HH:mm:ss", "%Y-%m-%dT%H:%M:%S"),
    ("yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]", "%Y-%m-%dT%H:%M:%S.%f"),
    ("yyyy-MM-dd'T'HH:mm:ss'Z'", "%Y-%m-%dT%H:%M:%SZ"),
    ("yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX", "%Y-%m-%dT%H:%M:%S%z"),
    ("yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX", "%Y-%m-%dT%H:%M:%S.%f%z"),
    ("dd.MM.yyyy HH:mm:ss", "%d.%m.%Y %H:%M:%S"),
    ("dd.MM.yyyy HH:mm", "%d.%m.%Y %H:%M"),
    ("d/M/yyyy H:mm", "%d/%m/%Y %H:%M"),
    ("M/d/yyyy H:mm", "%m/%d/%Y %H:%M"),
    ("d/M/yyyy H:mm:ss", "%d/%m/%Y %H:%M:%S"),
    ("M/d/yyyy H:mm:ss", "%m/%d/%Y %H:%M:%S"),
)
DATES = (
    ("yyyy-MM-dd", "%Y-%m-%d"),
    ("yyyyMMdd", "%Y%m%d"),
    ("dd.MM.yyyy", "%d.%m.%Y"),
    ("d/M/yyyy", "%d/%m/%Y"),
    ("M/d/yyyy", "%m/%d/%Y"),
)


@dataclass(frozen=True)
class ValueType:
    """A type of source.yaml with its formats; `note` says what the values leave open."""

    type: str = "string"
    formats: tuple[str, ...] = ()
    comma: bool = False
    note: str = ""


def normalized(name: str) -> str:
    """`Created at` and `createdAt` as created_at."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def type_of(name: str, values: Collection[str]) -> ValueType:
    """The narrowest type that all values have; text without values, and for numbers that identify things."""
    if not values:
        return ValueType(note="no values in the sample")
    if time := _time(normalized(name), values):
        return time
    if {value.lower() for value in values} <= {"true", "false"}:
        return ValueType("boolean")
    if IDENTIFYING.search(normalized(name)) or _all(re.compile(r"0\d+"), values):
        return ValueType()
    return _number(values)


def _time(name: str, values: Collection[str]) -> ValueType | None:
    if EPOCH_NAME.search(name) and _all(re.compile(r"1\d{9}"), values):
        return ValueType("timestamp", ("epoch_s",))
    if EPOCH_NAME.search(name) and _all(re.compile(r"1\d{12}"), values):
        return ValueType("timestamp", ("epoch_ms",))
    for kind, patterns in (("timestamp", TIMESTAMPS), ("date", DATES)):
        fitting = list(dict.fromkeys(spark for spark, python in patterns if _parse_all(python, values)))
        if fitting:
            note = f"the sample fits {' and '.join(fitting)}" if len(fitting) > 1 and _is_ambiguous(fitting) else ""
            return ValueType(kind, tuple(fitting[:1]), note=note)
    return None


def _is_ambiguous(patterns: Sequence[str]) -> bool:
    return any(pattern.startswith("d/M") for pattern in patterns) and any(pattern.startswith("M/d") for pattern in patterns)


def _parse_all(pattern: str, values: Collection[str]) -> bool:
    try:
        for value in values:
            datetime.strptime(value, pattern)  # noqa: DTZ007 - only whether it parses matters
    except ValueError:
        return False
    return True


def _number(values: Collection[str]) -> ValueType:
    if _all(INTEGER, values):
        return ValueType("int" if max(len(value.lstrip("+-")) for value in values) <= INT_DIGITS else "bigint")
    if _all(POINT_DECIMAL, values):
        scale = max(len(value.partition(".")[2]) for value in values)
        return ValueType(f"decimal(18,{MONEY_SCALE})" if scale <= MONEY_SCALE else "double")
    if _all(COMMA_DECIMAL, values):
        return ValueType(f"decimal(18,{MONEY_SCALE})", comma=True)
    if all(POINT_DECIMAL.fullmatch(value) or GROUPED.fullmatch(value) for value in values):
        return ValueType(note="numbers with commas between thousands; convert them in the SELECT")
    return ValueType()


def _all(pattern: re.Pattern[str], values: Collection[str]) -> bool:
    return all(pattern.fullmatch(value) for value in values)
