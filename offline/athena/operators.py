"""Operators whose meaning differs: division, decimals, casts, subscripts, intervals, time zones."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.registry import cast, func

DType = exp.DType
_VARCHAR_SHAPES = {
    "date": r"\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*",
    "moment": r"\d{4,}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}([.]\d{1,9})?)?)?",
    "integer": r"[+-]?\d+",
    "boolean": r"(?i)t|f|true|false|1|0",
}


def paren(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy())


def divide(left: exp.Expr, right: exp.Expr, kinds_of: tuple[exp.DataType, exp.DataType], gives: exp.DataType) -> exp.Expr:
    """left / right as Trino does: whole numbers cut toward zero, decimals rounded half up, doubles to Infinity."""
    if athena_types.is_integer(gives):
        return exp.IntDiv(this=paren(left), expression=paren(right))
    if athena_types.is_decimal(gives):
        return _divide_decimals(left, right, kinds_of, gives)
    return exp.Div(this=cast(left, gives), expression=cast(right, gives), typed=True, safe=False)


def _divide_decimals(
    left: exp.Expr, right: exp.Expr, kinds_of: tuple[exp.DataType, exp.DataType], gives: exp.DataType
) -> exp.Expr:
    (_, s1), (_, s2), (_, scale) = athena_types.digits(kinds_of[0]), athena_types.digits(kinds_of[1]), athena_types.digits(gives)
    numerator = exp.Mul(this=_unscaled(left, s1), expression=_power(scale - s1 + s2))
    quotient = func("lake_round_div", numerator, _unscaled(right, s2))
    return cast(_scaled(quotient, scale), gives)


def _unscaled(node: exp.Expr, scale: int) -> exp.Expr:
    """The digits of a decimal as one whole number: 1.2345 → 12345."""
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
    """+ - * / % of numbers, or a moment moved by an interval."""
    left, right, gives = athena_types.of(node.left), athena_types.of(node.right), athena_types.of(node)
    if "interval" in (athena_types.family(left), athena_types.family(right)):
        moved = type(node)(this=node.this.copy(), expression=node.expression.copy())
        return cast(moved, gives) if gives.this is DType.DATE else moved
    if isinstance(node, exp.Div):
        return divide(node.left, node.right, (left, right), gives)
    sides = [_widened(s, k, gives) for s, k in ((node.left, left), (node.right, right))]
    result = type(node)(this=paren(sides[0]), expression=paren(sides[1]))
    return cast(result, gives) if athena_types.is_decimal(gives) else exp.Paren(this=result)


def _widened(node: exp.Expr, kind: exp.DataType, gives: exp.DataType) -> exp.Expr:
    """An integer literal is a bigint beside a bigint, and a decimal becomes a double beside a double."""
    if kind != gives and (athena_types.is_integer(gives) or athena_types.is_float(gives)):
        return cast(node, gives)
    return node


def convert(node: exp.Cast) -> exp.Expr:
    """CAST and TRY_CAST with Trino's checks and roundings."""
    written, target, source = node.to, athena_types.canonical(node.to), athena_types.of(node.this)
    inner = _converted(node.this, source, target)
    plain = exp.Cast(this=inner, to=athena_types.duckdb(target))
    result: exp.Expr = plain
    if target.this is DType.VARCHAR and written.expressions:
        result = func("left", plain, int(written.expressions[0].name))
    return func("try", result) if isinstance(node, exp.TryCast) else result


def _converted(node: exp.Expr, source: exp.DataType, target: exp.DataType) -> exp.Expr:
    found, wanted = athena_types.family(source), athena_types.family(target)
    if "json" in (found, wanted):
        raise UsageError("cast to or from json is not translated; use json_extract_scalar(text, '$.path') and cast that.")
    if target.this is source.this is DType.TIMESTAMP and athena_types.precision_of(source) > athena_types.precision_of(target):
        raise UsageError("cast to a timestamp of fewer digits is not translated; use date_trunc('second', t).")
    if found == "text":
        return _from_text(node, target)
    if athena_types.is_float(source) and wanted == "text":
        raise UsageError(
            "cast(double as varchar) is written differently by different engine versions (1.0 or 1.0E0); "
            "use format('%.2f', x), or cast to decimal(p,s) first."
        )
    if athena_types.is_float(source) and athena_types.is_decimal(target):
        return cast(node, "varchar")  # the shortest digits, then half up: as Java's BigDecimal.valueOf
    if athena_types.is_float(source) and athena_types.is_integer(target):
        return func("round", node)
    if wanted == "text":
        return _to_text(node, source)
    return node


def _from_text(node: exp.Expr, target: exp.DataType) -> exp.Expr:
    if isinstance(node, exp.Literal) and target.this is DType.TIMESTAMPTZ:
        if re.search(r"(UTC|Z|[+]00:00)$", str(node.this)):
            return exp.Literal.string(re.sub(r" ?(UTC|Z|[+]00:00)$", "+00:00", str(node.this)))
        raise UsageError("A timestamp literal with a time zone other than UTC is not translated; write it in UTC.")
    shape = "date" if target.this is DType.DATE else athena_types.family(target)
    shape = "integer" if athena_types.is_integer(target) else shape
    if shape not in _VARCHAR_SHAPES or target.this is DType.TIMESTAMPTZ:
        return node
    return func("lake_shaped", node, f"({_VARCHAR_SHAPES[shape]})", athena_types.name(target))


def _to_text(node: exp.Expr, source: exp.DataType) -> exp.Expr:
    if source.this is DType.TIMESTAMP:
        formats = {0: "%Y-%m-%d %H:%M:%S", 3: "%Y-%m-%d %H:%M:%S.%g", 6: "%Y-%m-%d %H:%M:%S.%f"}
        if athena_types.precision_of(source) in formats:
            return func("strftime", node, formats[athena_types.precision_of(source)])
    if (
        athena_types.family(source) in ("array", "map", "row", "binary", "interval", "zoned", "moment")
        and source.this is not DType.DATE
    ):
        raise UsageError(
            f"cast({athena_types.name(source)} as varchar) is not translated; use array_join() for arrays, "
            "to_hex() or from_utf8() for bytes, format_datetime() for timestamps."
        )
    return node


def subscript(node: exp.Bracket) -> exp.Expr:
    """a[i] and m[k]: an error when there is no such element, as in Athena."""
    key = node.expressions[0]
    kind = athena_types.of(node.this)
    if kind.this is DType.ARRAY:
        return func("lake_subscript", node.this, key)
    if kind.this is DType.MAP:
        return func("lake_map_subscript", node.this, key)
    raise UsageError("x[…] takes an array or a map whose type is known; for the fields of a row write x.field.")


def at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    """The wall clock of the zone; a timestamp without zone is UTC, as in a session in UTC."""
    return in_zone(node.this, node.args["zone"])


def in_zone(moment: exp.Expr, zone: exp.Expr) -> exp.Expr:
    return func("timezone", zone, exp.Cast(this=moment.copy(), to=DType.TIMESTAMPTZ.into_expr()))


def interval(node: exp.Interval) -> exp.Expr:
    """interval '3' day; the two-field forms are refused."""
    amount, unit = node.this, node.args.get("unit")
    if not isinstance(unit, exp.Var) or not re.fullmatch(r"\s*[+-]?\d+\s*", amount.name):
        raise UsageError(
            f"{athena_types.said(node)} is not translated; write the interval in one unit, such as interval '90' minute."
        )
    name = unit.name.lower()
    if name not in ("second", "minute", "hour", "day", "week", "month", "year"):
        raise UsageError(f"interval … {name} is not Athena's; use second, minute, hour, day, month or year.")
    return func(f"to_{name}s", int(amount.name))
