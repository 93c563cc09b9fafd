"""Doubles and reals as Java writes them."""

from __future__ import annotations

import struct
from math import isnan


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
