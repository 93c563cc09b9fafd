"""One check per field of the contract: each returns the value as it is stored, or the Problem with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lambdas.ingest.errors import CHOICE, DUPLICATE_KEY, ITEMS, LENGTH, MISSING, NUMBER, PATTERN, TIME, TYPE, Problem
from lambdas.ingest.json_text import DIGITS, BadNumber, DuplicateKeys, Number, check_nested, plain

Check = Callable[[Any], Any]
_INSTANT = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5]([0-9]):[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
# The usual form of browsers, on a day that every month has: a fourth of the cost of an event's checks would be its time.
_USUAL = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
)
_JSON_TYPES = {str: "a string", bool: "a boolean", int: "a number", Number: "a number", list: "a list"}


def check_of(name: str, field: Mapping[str, Any]) -> Check:
    """The check of one field, as event_fields describes it."""
    kinds: dict[str, Callable[[str, Mapping[str, Any]], Check]] = {
        "string": _text,
        "timestamp": _instant,
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "array": _objects,
    }
    return kinds[field["type"]](name, field)


def wrong_type(name: str, value: Any, expected: str) -> Problem:
    """The problem of a value with another type, or of a number that is none."""
    if isinstance(value, BadNumber):
        return Problem(value.problem.kind, value.problem.message, name)
    if isinstance(value, DuplicateKeys):
        return Problem(DUPLICATE_KEY, DUPLICATE_KEY.meaning, name)
    return Problem(TYPE, f"{name} must be {expected}, but is {_JSON_TYPES.get(type(value), 'an object')}.", name)


def _text(name: str, field: Mapping[str, Any]) -> Check:
    limit: int = field.get("max_length", 1 << 20)
    choices = frozenset(field.get("choices", ()))
    pattern = re.compile(field["pattern"]) if "pattern" in field else None
    is_dropped = field.get("treatment") == "drop"

    def check(value: Any) -> Any:
        if type(value) is not str:
            return wrong_type(name, value, "a string")
        if choices and value not in choices:
            return Problem(CHOICE, f"{name} must be one of {', '.join(field['choices'])}.", name)
        if len(value) > limit:
            return Problem(LENGTH, f"{name} has {len(value):,} characters; send at most {limit:,}.", name)
        if pattern and not pattern.fullmatch(value):
            return Problem(PATTERN, f"{name} must match {pattern.pattern}.", name)
        return None if is_dropped else value

    return check


def _instant(name: str, _field: Mapping[str, Any]) -> Check:
    remedy = f"{name} must be RFC 3339 with an offset and a day that exists, such as 2026-11-26T10:00:00Z."

    def check(value: Any) -> Any:
        if type(value) is not str:
            return wrong_type(name, value, "a string")
        if _USUAL.fullmatch(value):
            return f"{value[:23]}000Z"
        match = _INSTANT.fullmatch(value)
        if match is None:
            return Problem(TIME, remedy, name)
        day, fraction, offset = match.group(2, 5, 6)
        if offset == "Z" and day <= "28" and value[:4] > "0000":  # every month has this day
            return f"{value[:19]}.{(fraction or '.')[1:7]:0<6}Z"
        try:
            moment = datetime.fromisoformat(value)
            return instant_text(moment if offset == "Z" else moment.astimezone(UTC))
        except (ValueError, OverflowError):
            return Problem(TIME, remedy, name)

    return check


def instant_text(moment: datetime) -> str:
    """A UTC time in the form of the contract, always with 6 digits."""
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def whole(value: Any) -> Any:
    """An integer for a number without a fraction, such as 2.0 or 1e3; other values as they are."""
    if type(value) is not Number:
        return value
    number = _decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else value


def _integer(name: str, field: Mapping[str, Any]) -> Check:
    low, high = field["minimum"], field["maximum"]

    def check(value: Any) -> Any:
        value = whole(value)
        if type(value) is not int:
            return wrong_type(name, value, "a whole number")
        return value if low <= value <= high else Problem(NUMBER, f"{name} must be from {low:,} to {high:,}.", name)

    return check


def _number(name: str, field: Mapping[str, Any]) -> Check:
    scale: int = field["scale"]
    limit = 10 ** (field["digits"] - scale)
    pattern = re.compile(rf"(0|[1-9][0-9]{{0,{field['digits'] - scale - 1}}})(\.[0-9]{{1,{scale}}})?")
    remedy = f"{name} must be from 0 to below {limit:,}, with at most {scale} decimal places, such as 12.50."

    def check(value: Any) -> Any:
        if type(value) is Number or type(value) is str:
            if pattern.fullmatch(value):
                return str(value)
            number = _decimal(value) if type(value) is Number else None
        elif type(value) is int:
            number = Decimal(value)
        else:
            return wrong_type(name, value, "a number or decimal text")
        if number is None or not 0 <= number < limit:
            return Problem(NUMBER, remedy, name)
        text = f"{abs(number).normalize():f}"
        return text if pattern.fullmatch(text) else Problem(NUMBER, remedy, name)

    return check


def _decimal(text: str) -> Decimal | None:
    """The number; None if its exponent is beyond what any field can hold."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if abs(number.adjusted()) < DIGITS else None


def _boolean(name: str, _field: Mapping[str, Any]) -> Check:
    return lambda value: value if type(value) is bool else wrong_type(name, value, "true or false")


def _objects(name: str, field: Mapping[str, Any]) -> Check:
    limit: int = field["max_items"]
    checks = {each: check_of(f"{name}[].{each}", nested) for each, nested in field["fields"].items()}
    required = [each for each, nested in field["fields"].items() if nested.get("required")]

    def check_one(item: Any) -> Any:
        if type(item) is not dict:
            return wrong_type(f"{name}[]", item, "an object")
        stored = {}
        for each, value in item.items():
            if value is None or value == "":
                continue
            kept = checks[each](value) if each in checks else unknown(name, value, 3)
            if type(kept) is Problem:
                return kept
            stored[each] = kept
        missing = next((each for each in required if each not in stored), None)
        return stored if missing is None else Problem(MISSING, f"{name}[].{missing} is missing.", f"{name}[].{missing}")

    def check(value: Any) -> Any:
        if type(value) is not list:
            return wrong_type(name, value, "a list")
        if len(value) > limit:
            return Problem(ITEMS, f"{name} has {len(value):,} entries; send at most {limit}.", name)
        items = [check_one(item) for item in value]
        return next((item for item in items if type(item) is Problem), items)

    return check


def unknown(name: str, value: Any, level: int) -> Any:
    """A value that the contract does not have, as it is stored: as it came, if it is sound."""
    if problem := check_nested(value, level):
        return Problem(problem.kind, problem.message, name[:128])
    return plain(value)
