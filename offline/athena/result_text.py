"""Values as Athena writes them in results: 1.5, true, [1, 2], {a=1}, 2026-01-05 10:00:00.000."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from offline.athena.doubles import java_double


def text_of(value: Any, kind: str = "") -> str | None:
    """The text of a value of this Athena type; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _timestamp(value, kind)
    if isinstance(value, timedelta):
        return _interval(value)
    if isinstance(value, bytes | bytearray):
        return " ".join(f"{byte:02x}" for byte in value)
    if isinstance(value, list | tuple | dict):
        return _nested(value)
    return str(value)


def _nested(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inner(v) for v in value) + "]"
    pairs = value.items() if isinstance(value, dict) else ((f"field{i}", v) for i, v in enumerate(value))
    return "{" + ", ".join(f"{_inner(k)}={_inner(v)}" for k, v in pairs) + "}"


def _inner(value: Any) -> str:
    text = text_of(value)
    return "null" if text is None else text


def _timestamp(value: datetime, kind: str) -> str:
    precision = re.match(r"timestamp\((\d+)\)", kind)
    digits = int(precision[1]) if precision else 3
    text = f"{value:%Y-%m-%d %H:%M:%S}"
    if digits:
        text += f".{value.microsecond:06d}"[: digits + 1]
    return f"{text} UTC" if value.tzinfo is UTC else text


def _interval(value: timedelta) -> str:
    milliseconds = round(value.total_seconds() * 1000)
    sign, rest = ("-" if milliseconds < 0 else ""), abs(milliseconds)
    days, rest = divmod(rest, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
