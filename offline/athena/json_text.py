"""JSON in text columns, as Athena reads it: numbers keep their digits, and text after the value is ignored."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)+)\"\]|\.\"([^\"]+)\"")
PATH = re.compile(rf"\$(?:{_STEP.pattern})*")


class Number(str):
    """The digits of a number, as they are written."""

    __slots__ = ()


def _constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_constant)


def _decoded(text: str) -> Any:
    start = len(text) - len(text.lstrip(" \t\r\n"))
    return _DECODER.raw_decode(text, start)[0]


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(m[2]) if m[2] else m[1] or m[3] or m[4] for m in _STEP.finditer(path))


_MISSING = object()


def _value(text: str, path: str) -> Any:
    try:
        value = _decoded(text)
    except (ValueError, RecursionError):
        return _streamed(text, _steps(path))
    for step in _steps(path):
        is_member = isinstance(value, dict) and step in value
        is_element = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not is_member and not is_element:
            return _MISSING
        value = value[step]
    return value


def _streamed(text: str, steps: tuple[str | int, ...]) -> Any:
    """The value in text that is not valid as a whole: Athena reads no further than the value. Only members of objects."""
    place = 0
    try:
        for step in steps:
            place = _member(text, place, step)
        return _DECODER.raw_decode(text, place)[0]
    except (ValueError, RecursionError):
        return _MISSING


def _member(text: str, place: int, name: str | int) -> int:
    """Where the value of this member begins in the object at `place`; ValueError without one."""
    place = _after(text, place, "{")
    while True:
        key, place = _DECODER.raw_decode(text, _blanks(text, place))
        if not isinstance(key, str) or isinstance(key, Number):
            raise ValueError(key)
        place = _blanks(text, _after(text, place, ":"))
        if key == name:
            return place
        place = _after(text, _DECODER.raw_decode(text, place)[1], ",")


def _after(text: str, place: int, sign: str) -> int:
    place = _blanks(text, place)
    if text[place : place + 1] != sign:
        raise ValueError(text)
    return place + 1


def _blanks(text: str, place: int) -> int:
    while text[place : place + 1] in (" ", "\t", "\r", "\n"):
        place += 1
    return place


def scalar(text: str, path: str) -> str | None:
    value = _value(text, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def extract(text: str, path: str) -> str | None:
    value = _value(text, path)
    return None if value is _MISSING else written(value)


def parse(text: str) -> str:
    """json_parse: the whole text must be one JSON value; keys are sorted."""
    try:
        value, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    except (ValueError, RecursionError):
        raise ValueError(f"Athena<Cannot convert value to JSON: '{text[:80]}'>") from None
    if text[end:].strip(" \t\r\n"):
        raise ValueError(f"Athena<Cannot convert value to JSON: '{text[:80]}'>")
    return written(value, ordered=True)


def size(text: str, path: str) -> int | None:
    value = _value(text, path)
    if value is _MISSING:
        return None
    return len(value) if isinstance(value, dict | list) else 0


def array_length(text: str) -> int | None:
    value = _value(text, "$")
    return len(value) if isinstance(value, list) else None


def array_get(text: str, index: int) -> str | None:
    value = _value(text, "$")
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        return None
    return None if value[index] is None else written(value[index])


def is_scalar(text: str) -> bool | None:
    value = _value(text, "$")
    return None if value is _MISSING else not isinstance(value, dict | list)


def written(value: Any, *, ordered: bool = False) -> str:
    """Compact JSON text, with numbers as they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        pairs = sorted(value.items()) if ordered else value.items()
        return "{" + ",".join(f"{_quoted(k)}:{written(v, ordered=ordered)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(v, ordered=ordered) for v in value) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)
