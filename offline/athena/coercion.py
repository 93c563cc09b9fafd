"""Common types: what CASE, COALESCE, IN, UNION and arithmetic convert their operands to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types

DType = exp.DType


def common(types: Iterable[exp.DataType], *, where: str) -> exp.DataType:
    """The common type of `types` in CASE, COALESCE, IN, UNION …; UsageError if there is none."""
    result = athena_types.NULL
    for kind in types:
        result = _pair(result, kind, where=where)
    return result


def _pair(left: exp.DataType, right: exp.DataType, *, where: str) -> exp.DataType:
    if left.this is DType.NULL or left == right:
        return right
    if right.this is DType.NULL:
        return left
    if athena_types.UNKNOWN in (left, right):
        return athena_types.UNKNOWN
    if athena_types.family(left) != athena_types.family(right):
        raise mismatch(left, right, where=where)
    if athena_types.family(left) == "number":
        return _number(left, right)
    if athena_types.family(left) == "datetime":
        return _datetime(left, right)
    if left.this in (DType.ARRAY, DType.MAP):
        pairs = zip(left.expressions, right.expressions, strict=False)
        return athena_types.nested(left.this, *(_pair(a, b, where=where) for a, b in pairs))
    return left


def _number(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    for this in (DType.DOUBLE, DType.FLOAT):
        if this in (left.this, right.this):
            return this.into_expr()
    if athena_types.is_decimal(left) or athena_types.is_decimal(right):
        (p1, s1), (p2, s2) = athena_types.digits(left), athena_types.digits(right)
        return athena_types.decimal(max(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2))
    return max(left, right, key=lambda k: athena_types.INTEGERS.index(k.this))


def _datetime(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    if DType.TIMESTAMPTZ in (left.this, right.this):
        return DType.TIMESTAMPTZ.into_expr()
    precisions = [athena_types.precision_of(k) for k in (left, right) if k.this is DType.TIMESTAMP]
    return athena_types.timestamp(max(precisions))


def mismatch(left: exp.DataType, right: exp.DataType, *, where: str) -> UsageError:
    target, other = (right, left) if athena_types.family(left) == "text" else (left, right)
    types = f"{athena_types.type_name(target)} and {athena_types.type_name(other)}"
    literal = " or timestamp" if target.this is DType.TIMESTAMP else ""
    advice = (
        f"write date{literal} '…' for a literal"
        if athena_types.family(target) == "datetime"
        else f"use cast(… as {athena_types.type_name(target)})"
    )
    return UsageError(f"{where} mixes {types}, which Athena rejects; {advice}.")


def arithmetic(operator: str, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type of left `+ - * / %` right for numbers (Trino's rules for decimals); athena_types.UNKNOWN if either side is."""
    if athena_types.UNKNOWN in (left, right):
        return athena_types.UNKNOWN
    if athena_types.NULL in (left, right):
        return right if left == athena_types.NULL else left
    if (
        not (athena_types.is_decimal(left) or athena_types.is_decimal(right))
        or athena_types.is_float(left)
        or athena_types.is_float(right)
    ):
        return _number(left, right)
    (p1, s1), (p2, s2) = athena_types.digits(left), athena_types.digits(right)
    if operator == "*":
        return athena_types.decimal(p1 + p2, s1 + s2)
    if operator == "/":
        return athena_types.decimal(p1 + s2 + max(s2 - s1, 0), max(s1, s2))
    if operator == "%":
        return athena_types.decimal(min(p2 - s2, p1 - s1) + max(s1, s2), max(s1, s2))
    return athena_types.decimal(max(p1 - s1, p2 - s2) + max(s1, s2) + 1, max(s1, s2))
