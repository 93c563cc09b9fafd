"""Values as Python gets them from DuckDB, in Athena's terms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.doubles import shortest_real

_TZ = "TIMESTAMP WITH TIME ZONE"
_MONTHS = athena_types.type_name(athena_types.MONTHS)


def python_form(position: int, duck: str, kind: str) -> str:
    """A column as SQL whose Python value is right: a moment needs no zone data as the wall clock of UTC, and months are text."""
    if duck == _TZ:
        return f"#{position}::timestamp"
    if _MONTHS in kind and kind != _MONTHS:
        raise UsageError(
            "Intervals of months inside an array, a map or a row cannot be shown; select them as columns of their own."
        )
    return f"lake_months(#{position})" if kind == _MONTHS else f"#{position}"


def python_row(row: tuple[Any, ...], types: list[str]) -> tuple[Any, ...]:
    return tuple(map(_value, row, types)) if any(kind == _TZ or "FLOAT" in kind for kind in types) else row


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, datetime) and kind == _TZ:
        return value.replace(tzinfo=UTC)
    return _reals(value) if "FLOAT" in kind and "DOUBLE" not in kind else value


def _reals(value: Any) -> Any:
    """The value with each real as the shortest double, at any depth."""
    if isinstance(value, float):
        return shortest_real(value)
    if isinstance(value, list | tuple):
        return type(value)(map(_reals, value))
    return {_reals(key): _reals(one) for key, one in value.items()} if isinstance(value, dict) else value
