"""Operators that differ between Athena and DuckDB: division, decimals, subscripts, intervals, time zones."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, moments
from offline.athena.registry import cast, func

DType = exp.DType


def paren(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy())


def divide(left: exp.Expr, right: exp.Expr, operand_types: tuple[exp.DataType, exp.DataType], returns: exp.DataType) -> exp.Expr:
    """left / right as Trino does: integers truncate, decimals round half up, doubles become Infinity when divided by zero."""
    if athena_types.is_integer(returns):
        return exp.IntDiv(this=paren(left), expression=paren(right))
    if athena_types.is_decimal(returns):
        return _divide_decimals(left, right, operand_types, returns)
    return exp.Div(this=cast(left, returns), expression=cast(right, returns), typed=True, safe=False)


def _divide_decimals(
    left: exp.Expr, right: exp.Expr, operand_types: tuple[exp.DataType, exp.DataType], returns: exp.DataType
) -> exp.Expr:
    (_, s1), (_, s2), (_, scale) = (
        athena_types.digits(operand_types[0]),
        athena_types.digits(operand_types[1]),
        athena_types.digits(returns),
    )
    numerator = exp.Mul(this=_unscaled(left, s1), expression=_power(scale - s1 + s2))
    quotient = func("lake_round_div", numerator, _unscaled(right, s2))
    return cast(_scaled(quotient, scale), returns)


def _unscaled(node: exp.Expr, scale: int) -> exp.Expr:
    """The digits of a decimal as an integer: 1.2345 → 12345."""
    return func("lake_digits", node, _ten(scale)) if scale else func("lake_whole", node)


def _power(exponent: int) -> exp.Expr:
    return func("lake_whole", _ten(exponent))


def _ten(exponent: int) -> exp.Expr:
    return exp.Literal.number(10**exponent)


def _scaled(digits: exp.Expr, scale: int) -> exp.Expr:
    whole = exp.Cast(this=digits, to=athena_types.decimal(38, 0))
    if not scale:
        return whole
    unit = exp.Cast(this=exp.Literal.string("0." + "1".rjust(scale, "0")), to=athena_types.decimal(scale, scale))
    return exp.Mul(this=whole, expression=unit)


def binary(node: exp.Binary) -> exp.Expr:
    """+ - * / % of numbers, or a date or timestamp plus or minus an interval."""
    left, right, returns = athena_types.type_of(node.left), athena_types.type_of(node.right), athena_types.type_of(node)
    if athena_types.family(returns) == "interval":
        sides = [_point(s, k) for s, k in ((node.left, left), (node.right, right))]
        return exp.Paren(this=type(node)(this=paren(sides[0]), expression=paren(sides[1])))
    if "interval" in (athena_types.family(left), athena_types.family(right)):
        shifted = type(node)(this=node.this.copy(), expression=node.expression.copy())
        return cast(shifted, returns) if returns.this is DType.DATE else shifted
    if isinstance(node, exp.Div):
        return divide(node.left, node.right, (left, right), returns)
    sides = [_widened(s, k, returns) for s, k in ((node.left, left), (node.right, right))]
    result = type(node)(this=paren(sides[0]), expression=paren(sides[1]))
    return cast(result, returns) if athena_types.is_decimal(returns) else exp.Paren(this=result)


def _point(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    return cast(node, "timestamp") if kind.this is DType.DATE else node


def _widened(node: exp.Expr, kind: exp.DataType, returns: exp.DataType) -> exp.Expr:
    """Next to a bigint an integer literal is a bigint; next to a double a decimal is a double."""
    if kind != returns and (athena_types.is_integer(returns) or athena_types.is_float(returns)):
        return cast(node, returns)
    return node


def subscript(node: exp.Bracket) -> exp.Expr:
    """a[i] and m[k]: a missing element is an error, as in Athena."""
    key = node.expressions[0]
    kind = athena_types.type_of(node.this)
    if kind.this is DType.ARRAY:
        return func("lake_subscript", node.this, key)
    if kind.this is DType.MAP:
        return func("lake_map_subscript", node.this, key)
    raise UsageError(
        "x[…] takes an array or a map, and the type of x must be clear from the query; for the field of a row write x.field."
    )


def at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    """Local time in the zone; a timestamp without a zone is in UTC, the time zone of the session."""
    return in_zone(node.this, node.args["zone"])


def in_zone(timestamp: exp.Expr, zone: exp.Expr) -> exp.Expr:
    return func("timezone", zone, exp.Cast(this=moments.instant(timestamp), to=DType.TIMESTAMPTZ.into_expr()))


def interval(node: exp.Interval) -> exp.Expr:
    """interval '3' day. Two-field intervals raise UsageError."""
    amount, unit = node.this, node.args.get("unit")
    if not isinstance(unit, exp.Var) or not re.fullmatch(r"\s*[+-]?\d+\s*", amount.name):
        raise UsageError(
            f"{athena_types.sql_text(node)} is not translated; write the interval in one unit, such as interval '90' minute."
        )
    name = unit.name.lower()
    if name not in ("second", "minute", "hour", "day", "month", "year"):
        raise UsageError(f"Athena has no interval in {name}s; use second, minute, hour, day, month or year.")
    return func(f"to_{name}s", int(amount.name))
