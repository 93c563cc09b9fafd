"""Reads JSON of strangers: exact decimals, no duplicate keys, no NaN, no number and no depth that could break the reader."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.ingest.errors import DEPTH, DEPTH_ERROR, DUPLICATE_KEY, LINE, NOT_FINITE, NUMBER, Problem

SPACE = " \t\n\r"
DIGITS = 100  # longer integers are refused before Python spends time on them


class DuplicateKeys(dict[str, Any]):
    """An object in which a key was written twice."""


@dataclass(frozen=True, slots=True)
class BadNumber:
    """A number that is not kept: NaN, Infinity, or one with an absurd length."""

    problem: Problem


class Number(str):
    """A number with a fraction or an exponent, as its text: exact, and cheaper than a decimal."""

    __slots__ = ()


_NOT_FINITE = BadNumber(Problem(NOT_FINITE, NOT_FINITE.meaning))
_ABSURD = BadNumber(Problem(NUMBER, f"A number has more than {DIGITS} digits; send at most 18."))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    return content if len(content) == len(pairs) else DuplicateKeys(content)


def _integer(text: str) -> int | BadNumber:
    return int(text) if len(text) < DIGITS else _ABSURD


_OPTIONS: dict[str, Any] = {
    "object_pairs_hook": _object,
    "parse_float": Number,
    "parse_constant": lambda _: _NOT_FINITE,
}
_decoder = json.JSONDecoder(**_OPTIONS)
_careful = json.JSONDecoder(**_OPTIONS, parse_int=_integer)


class TooDeepError(ValueError):
    """The text is nested so deep that it cannot be read."""


def read(text: str) -> Any:
    """The JSON value. ValueError if the text is not exactly one; TooDeepError if it is nested beyond what the reader can take."""
    try:
        return _decode(text)
    except RecursionError:
        raise TooDeepError(DEPTH_ERROR.meaning) from None


def _decode(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer with thousands of digits: read again, and look at the length of each
        return _careful.decode(text)


def read_lines(text: str) -> Iterator[tuple[str, Any]]:
    """Each line and its value, or a Problem for a line that is not JSON. Blank lines are skipped."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(SPACE):
            yield line, _line(line, number)


def _line(line: str, number: int) -> Any:
    try:
        return read(line)
    except TooDeepError as error:
        return Problem(DEPTH_ERROR, f"Line {number}: {error}")
    except ValueError as error:
        return Problem(LINE, f"Line {number} is not JSON: {reason(error)}.")


def read_sequence(text: str) -> list[Any] | None:
    """The objects of a text that holds one after another without line breaks, as `curl -d` sends NDJSON; None if it is broken."""
    values, position = [], 0
    try:
        while position < len(text):
            value, position = _careful.raw_decode(text, position)
            values.append(value)
            position = _skip(text, position)
    except (ValueError, RecursionError):
        return None
    return values


def start_of_events(text: str) -> int:
    """Where the list under `events` begins, in an object that was read and has one."""
    position = _skip(text, _skip(text, 0) + 1)
    while True:
        name, position = _careful.raw_decode(text, position)
        position = _skip(text, position, SPACE + ":")
        if name == "events":
            return position
        _, position = _careful.raw_decode(text, position)
        position = _skip(text, position, SPACE + ",")


def elements(text: str, position: int = 0) -> list[str]:
    """The text of each value of the list that begins at `position`, after the list was read."""
    return sequence_texts(text, _skip(text, position) + 1)


def sequence_texts(text: str, position: int = 0) -> list[str]:
    """The text of each of some values, up to the end of the list or of the text."""
    found = []
    position = _skip(text, position)
    while position < len(text) and text[position] != "]":
        start = position
        _, position = _careful.raw_decode(text, position)
        found.append(text[start:position])
        position = _skip(text, position, SPACE + ",")
    return found


def _skip(text: str, position: int, characters: str = SPACE) -> int:
    while position < len(text) and text[position] in characters:
        position += 1
    return position


def reason(error: ValueError) -> str:
    """Where and why a text is not JSON, without a piece of the text."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower().rstrip(':')} at character {error.pos + 1}"
    return str(error).rstrip(".")


def check_nested(value: Any, level: int = 1) -> Problem | None:
    """What is wrong within a list or an object: depth, duplicate keys, numbers that are none. It stops at the limit."""
    if isinstance(value, BadNumber):
        return value.problem
    if type(value) is Number:
        return None if len(value) < DIGITS and math.isfinite(float(value)) else _ABSURD.problem
    if not isinstance(value, dict | list):
        return None
    if level >= DEPTH:
        return Problem(DEPTH_ERROR, DEPTH_ERROR.meaning)
    if isinstance(value, DuplicateKeys):
        return Problem(DUPLICATE_KEY, DUPLICATE_KEY.meaning)
    children = value.values() if isinstance(value, dict) else value
    return next((problem for child in children if (problem := check_nested(child, level + 1))), None)


def plain(value: Any) -> Any:
    """The value with numbers as those that the JSON writer knows. Only for fields that the contract does not have."""
    if type(value) is Number:
        return float(value)
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else value
