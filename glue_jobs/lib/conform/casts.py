"""Converts text to plain types."""

from __future__ import annotations

WHOLE = ("int", "bigint")


def cast(text: str, kind: str) -> str:
    """Spark SQL that converts `text`, itself Spark SQL; null if it does not fit. A whole number may be written as 1.0."""
    plain = f"try_cast({text} as {kind})"
    if kind not in WHOLE:
        return plain
    whole = f"if({text} rlike '^[+-]?[0-9]+[.]0*$', try_cast(substring_index({text}, '.', 1) as {kind}), null)"
    return f"coalesce({plain}, {whole})"
