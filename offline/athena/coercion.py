"""What types become together: in CASE, COALESCE, IN and UNION, and in arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from contracts.errors import LakeError
from offline.athena import kinds

DType = exp.DType


def common(types: Iterable[exp.DataType], *, where: str) -> exp.DataType:
    """The type that all of `types` become in CASE, COALESCE, IN, UNION …; LakeError if there is none."""
    result = kinds.NULL
    for kind in types:
        result = _pair(result, kind, where=where)
    return result


def _pair(left: exp.DataType, right: exp.DataType, *, where: str) -> exp.DataType:
    if left.this is DType.NULL or left == right:
        return right
    if right.this is DType.NULL:
        return left
    if kinds.UNKNOWN in (left, right):
        return kinds.UNKNOWN
    if kinds.family(left) != kinds.family(right):
        raise mismatch(left, right, where=where)
    if kinds.family(left) == "number":
        return _number(left, right)
    if kinds.family(left) == "moment":
        return _moment(left, right)
    if left.this in (DType.ARRAY, DType.MAP):
        pairs = zip(left.expressions, right.expressions, strict=False)
        return kinds.nested(left.this, *(_pair(a, b, where=where) for a, b in pairs))
    return left


def _number(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    for this in (DType.DOUBLE, DType.FLOAT):
        if this in (left.this, right.this):
            return this.into_expr()
    if kinds.is_decimal(left) or kinds.is_decimal(right):
        (p1, s1), (p2, s2) = kinds.digits(left), kinds.digits(right)
        return kinds.decimal(max(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2))
    return max(left, right, key=lambda k: kinds.INTEGERS.index(k.this))


def _moment(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    if DType.TIMESTAMPTZ in (left.this, right.this):
        return DType.TIMESTAMPTZ.into_expr()
    both = [kinds.precision_of(k) for k in (left, right) if k.this is DType.TIMESTAMP]
    return kinds.timestamp(max(both))


def mismatch(left: exp.DataType, right: exp.DataType, *, where: str) -> LakeError:
    wanted, other = (right, left) if kinds.family(left) == "text" else (left, right)
    literal = " or timestamp" if wanted.this is DType.TIMESTAMP else ""
    advice = (
        f"write date{literal} '…' for a literal" if kinds.family(wanted) == "moment" else f"use cast(… as {kinds.name(wanted)})"
    )
    return LakeError(f"{where} mixes {kinds.name(wanted)} and {kinds.name(other)}, which Athena refuses; {advice}.")


def arithmetic(operator: str, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type of left `+ - * / %` right for numbers (Trino's rules for decimals); kinds.UNKNOWN if either is."""
    if kinds.UNKNOWN in (left, right):
        return kinds.UNKNOWN
    if kinds.NULL in (left, right):
        return right if left == kinds.NULL else left
    if not (kinds.is_decimal(left) or kinds.is_decimal(right)) or kinds.is_float(left) or kinds.is_float(right):
        return _number(left, right)
    (p1, s1), (p2, s2) = kinds.digits(left), kinds.digits(right)
    if operator == "*":
        return kinds.decimal(p1 + p2, s1 + s2)
    if operator == "/":
        return kinds.decimal(p1 + s2 + max(s2 - s1, 0), max(s1, s2))
    if operator == "%":
        return kinds.decimal(min(p2 - s2, p1 - s1) + max(s1, s2), max(s1, s2))
    return kinds.decimal(max(p1 - s1, p2 - s2) + max(s1, s2) + 1, max(s1, s2))
