"""Operators that differ between Athena and DuckDB: division, decimals, casts, subscripts, intervals, time zones."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, json_casts, moments
from offline.athena.registry import cast, func

DType = exp.DType
_VARCHAR_SHAPES = {
    "date": r"\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*",
    "datetime": r"\d{4,}-\d{1,2}-\d{1,2}( ([01]?\d|2[0-3]):\d{1,2}(:\d{1,2}([.]\d{1,12})?)?)?",
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?",
    "double": r"\s*[+-]?((\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?[dDfF]?|NaN|Infinity)\s*",
    "boolean": r"(?i)t|f|true|false|1|0",
}


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


def convert(node: exp.Cast) -> exp.Expr:
    """CAST and TRY_CAST with Trino's checks and rounding."""
    written, target, source = node.to, athena_types.canonical(node.to), athena_types.type_of(node.this)
    inner = _converted(node.this, source, target)
    plain = exp.Cast(this=inner, to=athena_types.duckdb(target))
    result: exp.Expr = plain
    if target.this is DType.VARCHAR and written.expressions:
        name = "left" if athena_types.family(source) in ("text", "") else "lake_fits"
        result = func(name, plain, int(written.expressions[0].name))
    return func("try", result) if isinstance(node, exp.TryCast) else result


def _converted(node: exp.Expr, source: exp.DataType, target: exp.DataType) -> exp.Expr:
    from_family, to_family = athena_types.family(source), athena_types.family(target)
    if "json" in (from_family, to_family):
        return json_casts.converted(node, source, target)
    if target.this is source.this is DType.TIMESTAMP and athena_types.precision_of(source) > athena_types.precision_of(target):
        return _rounded(node, athena_types.precision_of(target))
    if from_family == "text":
        return _from_text(node, target)
    if target.this in (DType.TIMESTAMP, DType.DATE) or to_family == "text":
        node = moments.wall_clock(node)
    if athena_types.is_float(source) and to_family == "text":
        return double_text(node, source)
    if athena_types.is_float(source) and athena_types.is_decimal(target):
        return cast(node, "varchar")  # the shortest decimal text, rounded half up: as Java's BigDecimal.valueOf
    if athena_types.is_float(source) and athena_types.is_integer(target):
        return func("round", node)
    if to_family == "text":
        return _to_text(node, source)
    return node


def double_text(node: exp.Expr, source: exp.DataType) -> exp.Expr:
    """A double or real as Athena writes it: 1.5E0."""
    shortest = cast(cast(node, "varchar"), "double") if source.this is DType.FLOAT else node
    return func("lake_py_double_text", shortest)


def _rounded(node: exp.Expr, precision: int) -> exp.Expr:
    unit = {0: "second", 3: "millisecond"}.get(precision)
    if unit is None:
        raise UsageError(f"Casting to timestamp({precision}) is not translated; use timestamp(0) or timestamp(3).")
    return func(f"lake_round_{unit}", node)


def _from_text(node: exp.Expr, target: exp.DataType) -> exp.Expr:
    if isinstance(node, exp.Literal) and target.this is DType.TIMESTAMPTZ:
        if re.search(r"(UTC|Z|[+]00:00)$", str(node.this)):
            return exp.Literal.string(re.sub(r" ?(UTC|Z|[+]00:00)$", "+00:00", str(node.this)))
        raise UsageError("A timestamp literal with a time zone other than UTC is not translated; write it in UTC.")
    shape = "date" if target.this is DType.DATE else athena_types.family(target)
    shape = "integer" if athena_types.is_integer(target) else shape
    shape = "decimal" if athena_types.is_decimal(target) else "double" if athena_types.is_float(target) else shape
    if shape not in _VARCHAR_SHAPES or target.this is DType.TIMESTAMPTZ:
        return node
    shaped = func("lake_shaped", node, f"({_VARCHAR_SHAPES[shape]})", athena_types.type_name(target))
    if shape == "double":
        return func("rtrim", shaped, " dDfF")
    if target.this is DType.TIMESTAMP and athena_types.precision_of(target) in (0, 3):
        return _rounded(exp.Cast(this=shaped, to=DType.TIMESTAMP.into_expr()), athena_types.precision_of(target))
    return shaped


def _to_text(node: exp.Expr, source: exp.DataType) -> exp.Expr:
    if source.this is DType.TIMESTAMP:
        formats = {0: "%Y-%m-%d %H:%M:%S", 3: "%Y-%m-%d %H:%M:%S.%g", 6: "%Y-%m-%d %H:%M:%S.%f"}
        if athena_types.precision_of(source) in formats:
            return func("strftime", node, formats[athena_types.precision_of(source)])
    if (
        athena_types.family(source) in ("array", "map", "row", "binary", "interval", "zoned", "datetime")
        and source.this is not DType.DATE
    ):
        raise UsageError(
            f"cast({athena_types.type_name(source)} as varchar) is not translated; use array_join() for arrays, "
            "to_hex() or from_utf8() for bytes, format_datetime() for timestamps."
        )
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
