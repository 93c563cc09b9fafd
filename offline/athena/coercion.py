"""What types become together: in CASE, COALESCE, IN and UNION, and in arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from contracts.errors import LakeError, UsageError
from offline.athena import athena_types

DType = exp.DType


def common(types: Iterable[exp.DataType], *, where: str) -> exp.DataType:
    """The type that all of `types` become in CASE, COALESCE, IN, UNION …; LakeError if there is none."""
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
    if athena_types.family(left) == "moment":
        return _moment(left, right)
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


def _moment(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    if DType.TIMESTAMPTZ in (left.this, right.this):
        return DType.TIMESTAMPTZ.into_expr()
    both = [athena_types.precision_of(k) for k in (left, right) if k.this is DType.TIMESTAMP]
    return athena_types.timestamp(max(both))


def mismatch(left: exp.DataType, right: exp.DataType, *, where: str) -> LakeError:
    wanted, other = (right, left) if athena_types.family(left) == "text" else (left, right)
    literal = " or timestamp" if wanted.this is DType.TIMESTAMP else ""
    advice = (
        f"write date{literal} '…' for a literal"
        if athena_types.family(wanted) == "moment"
        else f"use cast(… as {athena_types.name(wanted)})"
    )
    return UsageError(
        f"{where} mixes {athena_types.name(wanted)} and {athena_types.name(other)}, which Athena refuses; {advice}."
    )


def arithmetic(operator: str, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type of left `+ - * / %` right for numbers (Trino's rules for decimals); athena_types.UNKNOWN if either is."""
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
