"""JSON in text columns, as Athena reads it: text after the value is ignored, and a number keeps its digits as a scalar only."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from offline.athena.doubles import double_text, java_double

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)+)\"\]|\.\"([^\"]+)\"")
PATH = re.compile(rf"\$(?:{_STEP.pattern})*")


class Number(str):
    """The digits of a number, as they are written."""

    __slots__ = ()

    @property
    def is_whole(self) -> bool:
        return self.lstrip("-").isdigit()


def _constant(name: str) -> Any:
    raise ValueError(name)


class Members(dict[str, Any]):
    """The members of an object: of a name that stands twice, the first counts where one value is read."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(reversed(pairs))
        self.pairs = pairs


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_constant, object_pairs_hook=Members)


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
    return _plain(_value(text, path))


def text_of(text: str) -> str | None:
    """A scalar as cast(json as varchar) writes it: 12.50 is 1.25E1."""
    return _text(_scalar_of(text, "varchar"))


def _text(value: Any) -> str | None:
    if isinstance(value, Number):
        return written(value) if value.is_whole else double_text(float(value))
    return _plain(value)


def _plain(value: Any) -> str | None:
    """The text of a value that is no number; None for null, arrays and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def texts_of(text: str, depth: int) -> str:
    """The JSON with each scalar at this depth as text, for casts to array(varchar), map(varchar, varchar) and the like."""
    return json.dumps(_texts(_value(text, "$"), depth), ensure_ascii=False)


def _texts(value: Any, depth: int) -> Any:
    if value is None:
        return None
    if not depth:
        return _text(_scalar(value, "varchar"))
    if isinstance(value, Members):
        return {name: _texts(one, depth - 1) for name, one in value.items()}
    if not isinstance(value, list):
        raise ValueError(f"Athena<Cannot cast '{written(value)[:80]}' to an array or a map>")
    return [_texts(one, depth - 1) for one in value]


def number_of(text: str) -> str | None:
    """The text of a scalar that is cast to a number; true is 1."""
    return _number(_scalar_of(text, "a number"))


def _number(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(int(value))
    return written(value) if isinstance(value, Number) else _plain(value)


def integer_of(text: str) -> str | None:
    """The text of a scalar that is cast to an integer: a number is rounded, a text must be whole."""
    value = _scalar_of(text, "an integer")
    number = _number(value)
    if isinstance(value, Number) or number is None or re.fullmatch(r"\s*[+-]?\d+\s*", number):
        return number
    raise ValueError(f"Athena<Cannot cast '{number[:80]}' to an integer>")


def boolean_of(text: str) -> bool | None:
    """A scalar as cast(json as boolean) reads it: a number is true unless it is 0."""
    value = _scalar_of(text, "boolean")
    if isinstance(value, Number):
        return float(value) != 0
    if isinstance(value, str):
        if value.lower() not in ("true", "false", "t", "f", "1", "0"):
            raise ValueError(f"Athena<Cannot cast '{text[:80]}' to boolean>")
        return value.lower() in ("true", "t", "1")
    return None if value is None else bool(value)


def _scalar_of(text: str, target: str) -> Any:
    return _scalar(_value(text, "$"), target)


def _scalar(value: Any, target: str) -> Any:
    if isinstance(value, dict | list):
        raise ValueError(f"Athena<Cannot cast '{written(value)[:80]}' to {target}>")
    return None if value is _MISSING else value


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
    return len(value.pairs if isinstance(value, Members) else value) if isinstance(value, dict | list) else 0


def array_length(text: str) -> int | None:
    value = _value(text, "$")
    return len(value) if isinstance(value, list) else None


def array_get(text: str, index: int) -> str | None:
    value = _value(text, "$")
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        return None
    return None if value[index] is None else written(value[index])


def is_scalar(text: str) -> bool:
    value = _value(text, "$")
    if value is _MISSING:
        raise ValueError(f"Athena<Invalid JSON value: '{text[:80]}'>")
    return not isinstance(value, dict | list)


def written(value: Any, *, ordered: bool = False) -> str:
    """Compact JSON text; a number with a point or an exponent is a double."""
    if isinstance(value, Number):
        return (str(value) if value != "-0" else "0") if value.is_whole else java_double(float(value))
    if isinstance(value, Members):
        pairs = sorted(dict(value.pairs).items()) if ordered else value.pairs
        return "{" + ",".join(f"{_quoted(k)}:{written(v, ordered=ordered)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(v, ordered=ordered) for v in value) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)
