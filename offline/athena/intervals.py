"""The types of interval arithmetic."""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types

DType = exp.DType
_MONTHS = ("MONTH", "YEAR")
_DATE_UNITS = ("DAY", *_MONTHS)


def arithmetic(node: exp.Binary, families: tuple[str, str], sign: str) -> exp.DataType | None:
    """Intervals added to each other, and an interval times or divided by a number; None for anything else."""
    signs = {("interval", "number"): "*/", ("number", "interval"): "*", ("interval", "interval"): "+-"}.get(families, "")
    if sign not in signs:
        return None
    kinds = [kind for kind in map(athena_types.type_of, (node.left, node.right)) if athena_types.family(kind) == "interval"]
    if kinds[0] != kinds[-1]:
        raise UsageError("Athena cannot add an interval of days to one of months; add them to the date one after the other.")
    return kinds[0]


def of(node: exp.Interval) -> exp.DataType:
    """The type of a literal."""
    return athena_types.MONTHS.copy() if node.text("unit").upper() in _MONTHS else DType.INTERVAL.into_expr()


def shifted(point: exp.DataType, interval: exp.Expr) -> exp.DataType:
    """The type of a date or timestamp plus or minus an interval."""
    units = _units(interval)
    unit = next((unit for unit in units if unit not in _DATE_UNITS), units[0] if units else "")
    if point.this is DType.DATE and unit not in _DATE_UNITS:
        raise UsageError(f"Athena cannot add {unit.lower() or 'that interval'} to a date; cast it to timestamp.")
    if athena_types.family(point) not in ("datetime", ""):
        raise UsageError(f"An interval can be added to a date or a timestamp, not to {athena_types.type_name(point)}.")
    if point.this is DType.TIMESTAMP and unit not in _MONTHS:
        return athena_types.timestamp(max(3, athena_types.precision_of(point)))
    return point


def _units(node: exp.Expr) -> list[str]:
    return [part.text("unit").upper() for part in node.find_all(exp.Interval)]
