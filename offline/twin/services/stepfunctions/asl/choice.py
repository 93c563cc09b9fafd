"""Rules of a Choice state."""

from __future__ import annotations

import fnmatch
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from offline.twin.services.stepfunctions.asl.errors import RUNTIME, Failure
from offline.twin.services.stepfunctions.asl.paths import resolve

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def applies(rule: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> bool:
    """Whether the rule holds for the data; Failure for a comparison that is unknown or whose variable is missing."""
    if "And" in rule:
        return all(applies(inner, data, context) for inner in rule["And"])
    if "Or" in rule:
        return any(applies(inner, data, context) for inner in rule["Or"])
    if "Not" in rule:
        return not applies(rule["Not"], data, context)
    comparison, expected = next((key, value) for key, value in rule.items() if key not in ("Variable", "Next", "Comment"))
    if comparison == "IsPresent":
        return _is_present(rule["Variable"], data, context) is expected
    value = resolve(rule["Variable"], data, context)
    if comparison in TYPES:
        return TYPES[comparison](value) is expected
    if comparison.endswith("Path"):
        comparison, expected = comparison.removesuffix("Path"), resolve(expected, data, context)
    return _compare(comparison, value, expected)


def _compare(comparison: str, value: Any, expected: Any) -> bool:
    if comparison == "StringMatches":
        return _is_string(value) and _matches(value, expected)
    for kind, (is_kind, convert) in KINDS.items():
        order = ORDER.get(comparison.removeprefix(kind))
        if comparison.startswith(kind) and order:
            # A value of another type makes the rule false, not the execution fail.
            return is_kind(value) and is_kind(expected) and order(convert(value), convert(expected))
    raise Failure(RUNTIME, f"{comparison}: the local stack does not know this comparison.")


def _matches(value: str, pattern: str) -> bool:
    """`*` stands for any text, `\\*` for an asterisk."""
    literal = pattern.replace("[", "[[]").replace("?", "[?]").replace("\\*", "[*]")
    return fnmatch.fnmatchcase(value, literal)


def _is_present(path: str, data: Any, context: Mapping[str, Any]) -> bool:
    try:
        resolve(path, data, context)
    except Failure:
        return False
    return True


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_timestamp(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


TYPES: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": _is_string,
    "IsNumeric": _is_number,
    "IsBoolean": _is_boolean,
    "IsTimestamp": _is_timestamp,
}
KINDS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "String": (_is_string, str),
    "Numeric": (_is_number, float),
    "Boolean": (_is_boolean, bool),
    "Timestamp": (_is_timestamp, datetime.fromisoformat),
}
