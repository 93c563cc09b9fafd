"""Values of both engines in one form."""

from __future__ import annotations

import base64
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf, isnan
from typing import Any

from offline.athena.result_text import text_of


def plain(value: Any) -> Any:
    """A value of our engine, or of Trino's JSON, without differences of form."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dict):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        words = {inf: "Infinity", -inf: "-Infinity"}
        return "NaN" if isnan(value) else words.get(value) or f"{value:.12g}"
    if isinstance(value, int):
        return f"{float(value):.12g}" if abs(value) < 2**53 else str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, timedelta):
        return text_of(value)
    if isinstance(value, datetime | date):
        return _moment(str(value.replace(tzinfo=None) if isinstance(value, datetime) else value))
    return _moment(str(value))


def _moment(text: str) -> str:
    """A timestamp without trailing zeros and without the zone UTC; other text as it is."""
    if not re.match(r"[+]?\d{4,}-\d\d-\d\d \d\d:", text):
        return text
    return re.sub(r"\.0*$|(\.\d*?)0+$", r"\1", text.removesuffix(" UTC"))


def same_type(ours: str, theirs: str) -> bool:
    """Whether the types agree; Athena's API has no lengths of text, and we track none."""

    def simple(kind: str) -> str:
        kind = re.sub(r"varchar\(\d+\)", "varchar", kind.replace(" ", "").lower())
        return re.sub(r"interval.*", "interval", kind.replace("timestamp(3)withtimezone", "timestampwithtimezone"))

    return simple(ours) == simple(theirs)
