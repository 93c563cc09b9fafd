"""format(): Java's patterns such as %,.2f, %-10s or %2$s, over values that come as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from contracts.errors import UsageError

_DIRECTIVE = re.compile(r"%(?:(\d+)\$)?([-+ 0,(]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")
# What each letter takes, by the family of the value's type.
_TAKES = {
    "s": ("text", "integer", "decimal", "double", "boolean", "date"),
    "d": ("integer",),
    "x": ("integer",),
    "f": ("decimal", "double"),
    "e": ("double",),
    "b": ("boolean",),
}


@dataclass(frozen=True)
class Directive:
    """One directive, and which value it shows; None for %% and %n."""

    value: int | None
    flags: str
    width: int
    places: int | None
    letter: str


def directives(pattern: str) -> list[tuple[int, int, Directive]]:
    """(start, end, directive) of all directives; values are counted from 0."""
    found, following = [], 0
    for match in _DIRECTIVE.finditer(pattern):
        value: int | None = None
        if match[5] not in "%n":
            value = int(match[1]) - 1 if match[1] else following
            following += not match[1]
        places = int(match[4]) if match[4] else None
        found.append((match.start(), match.end(), Directive(value, match[2], int(match[3] or 0), places, match[5])))
    return found


def check(pattern: str, kinds: Sequence[str]) -> None:
    """UsageError unless the values of these kinds fit the pattern."""
    for start, end, directive in directives(pattern):
        written = pattern[start:end]
        if directive.value is None:
            continue
        if directive.value >= len(kinds):
            raise UsageError(f"format({pattern!r}): {written} has no value; add one, or remove the directive.")
        if directive.letter not in _TAKES:
            raise UsageError(f"format(): {written} is not translated; use %s, %d, %.2f, %e, %x or %b.")
        kind = kinds[directive.value]
        if kind not in (*_TAKES[directive.letter], "null"):
            raise UsageError(f"format(): {written} does not take a value of type {kind}; cast the value.")


def formatted(pattern: str, values: list[str | None]) -> str:
    """The pattern with its directives replaced."""
    pieces, place = [], 0
    for start, end, directive in directives(pattern):
        pieces += [pattern[place:start], _shown(directive, values)]
        place = end
    return "".join([*pieces, pattern[place:]])


def _shown(directive: Directive, values: list[str | None]) -> str:
    if directive.value is None:
        return "%" if directive.letter == "%" else "\n"
    value = values[directive.value]
    if value is None:
        return _padded(directive, "false" if directive.letter == "b" else "null")
    if directive.letter in "sb":
        return _padded(directive, value if directive.places is None else value[: directive.places])
    if directive.letter == "x":
        if value.startswith("-"):
            raise ValueError("Offline<%x of a negative number depends on its type; use to_base(x, 16)>")
        return _signed(directive, f"{int(value):x}", is_negative=False)
    if value in ("NaN", "Infinity", "-Infinity"):
        return _padded(directive, value)
    is_negative = value.startswith("-")
    return _signed(directive, _number(directive, value.removeprefix("-")), is_negative=is_negative)


def _number(directive: Directive, digits: str) -> str:
    places = 6 if directive.places is None else directive.places
    if directive.letter == "e":
        return f"{float(digits):.{places}e}"
    if directive.letter == "d":
        return f"{int(digits):,d}" if "," in directive.flags else digits
    rounded = Decimal(digits).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=400))
    return f"{rounded:,f}" if "," in directive.flags else f"{rounded:f}"


def _signed(directive: Directive, digits: str, *, is_negative: bool) -> str:
    sign = "-" if is_negative else "+" if "+" in directive.flags else " " if " " in directive.flags else ""
    end = ""
    if is_negative and "(" in directive.flags:
        sign, end = "(", ")"
    if "0" in directive.flags:
        digits = digits.rjust(directive.width - len(sign) - len(end), "0")
    return _padded(directive, f"{sign}{digits}{end}")


def _padded(directive: Directive, text: str) -> str:
    # Java counts a character beyond 16 bits as two.
    width = directive.width - sum(ord(letter) > 0xFFFF for letter in text)
    return text.ljust(width) if "-" in directive.flags else text.rjust(width)
