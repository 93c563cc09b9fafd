"""Writes values that have types as text, so that the declared types read them back unchanged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from glue_jobs.lib.source_definition.source import RawColumn

# Whole numbers up to here are exact as floating-point numbers.
EXACT = 1 << 53


def text_of(value: Any, column: RawColumn | None, zone: ZoneInfo) -> str | None:
    """The text of a value; None for no value. Numbers keep all digits, and whole ones have no decimal point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return _time(value, column, zone)
    if isinstance(value, bytes):
        return _bytes(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return None if value is None else str(value)


def json_of(record: Mapping[str, Any], columns: Mapping[str, RawColumn], zone: ZoneInfo) -> bytes:
    """A record as a line of JSON, under the declared names. Numbers are strings there: JSON's are exact to 15 digits only."""
    fields = {}
    for name, value in record.items():
        column = columns.get(name.lower())
        is_nested = isinstance(value, list | tuple | dict)
        fields[column.name if column else name] = _nested(value, zone) if is_nested else text_of(value, column, zone)
    return json.dumps(fields, ensure_ascii=False).encode(errors="replace") + b"\n"


def _nested(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _nested(one, zone) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_nested(one, zone) for one in value]
    if isinstance(value, datetime):
        return _instant(value, zone)
    return value if isinstance(value, int) else text_of(value, None, zone)


def _number(value: float) -> str | None:
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return str(int(value)) if value.is_integer() and abs(value) <= EXACT else repr(value)


def _time(value: datetime, column: RawColumn | None, zone: ZoneInfo) -> str:
    """An instant where the column declares one, or nothing is declared; else the wall clock of the source."""
    if column is None or column.is_absolute:
        return _instant(value, zone) if column or value.tzinfo else value.isoformat(sep=" ")
    local = value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value
    is_day = column.type == "date" or (column.type == "string" and local.time() == time())
    return local.date().isoformat() if is_day else local.isoformat(sep=" ")


def _instant(value: datetime, zone: ZoneInfo) -> str:
    """In the hour that a clock shows twice the first is meant, as in files of text."""
    instant = (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def seconds(value: timedelta) -> str:
    """A duration, which a workbook stores as a time of day beyond 24 hours."""
    return str(value.total_seconds()).removesuffix(".0")
