"""CAST and TRY_CAST with Trino's checks, shapes of text, and rounding."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, json_casts, moments
from offline.athena.registry import cast, func

DType = exp.DType
_DAY, _CLOCK = r"\d{4,}-\d{1,2}-\d{1,2}", r"([01]?\d|2[0-3]):\d{1,2}(:\d{1,2}([.]\d{1,12})?)?"
_WALL = f"{_DAY}( {_CLOCK})?"
# A timestamp is the wall clock that is written: Athena drops the zone.
_ZONE = r"Z|UTC|GMT|UT|CET|EET|MET|WET|[+-]\d{1,2}(:?\d\d)?|[A-Z][a-z]+(/[A-Z][A-Za-z_0-9+-]+)+"
_VARCHAR_SHAPES = {
    "date": r"\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*",
    "datetime": rf"\s*({_DAY}( {_CLOCK}(\s*({_ZONE}))?|\s+({_ZONE}))?)\s*",
    "integer": r"\s*[+-]?\d+\s*",
    "decimal": r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?",
    "double": r"\s*[+-]?((\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?[dDfF]?|NaN|Infinity)\s*",
    "boolean": r"(?i)t|f|true|false|1|0",
}


# What Athena casts a value to, by families.
_CASTS: dict[str, tuple[str, ...]] = {
    "number": ("number", "text", "boolean", "json"),
    "boolean": ("number", "text", "boolean", "json"),
    "text": ("number", "text", "boolean", "datetime", "binary", "json"),
    "datetime": ("datetime", "text", "json"),
    "zoned": ("datetime", "text"),
    "array": ("array", "text", "json"),
    "map": ("map", "text", "json"),
    "row": ("row", "text", "json"),
    "binary": ("binary", "text"),
    "interval": ("interval", "text"),
}


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
    _check_castable(source, target)
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


def _check_castable(source: exp.DataType, target: exp.DataType) -> None:
    families = athena_types.family(source), athena_types.family(target)
    deep = [athena_types.family(athena_types.inner(kind)) for kind in (source, target)]
    is_deep = families == ("array", "array") and deep[0] in ("array", "map", "row") and deep[1] == "text"
    if is_deep or families[1] not in _CASTS.get(families[0], families[1]):
        raise UsageError(f"Athena cannot cast {athena_types.type_name(source)} to {athena_types.type_name(target)}.")


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
    if target.this is DType.TIMESTAMPTZ:
        return _zoned(node)
    shape = "date" if target.this is DType.DATE else athena_types.family(target)
    shape = "integer" if athena_types.is_integer(target) else shape
    shape = "decimal" if athena_types.is_decimal(target) else "double" if athena_types.is_float(target) else shape
    if shape not in _VARCHAR_SHAPES:
        return node
    shaped = func("lake_shaped", node, f"({_VARCHAR_SHAPES[shape]})", athena_types.type_name(target))
    if shape == "double":
        return func("rtrim", shaped, " dDfF")
    if target.this is DType.TIMESTAMP:
        wall = func("regexp_replace", shaped, rf"^\s*({_WALL}).*$", r"\1")
        precision = athena_types.precision_of(target)
        return _rounded(exp.Cast(this=wall, to=DType.TIMESTAMP.into_expr()), precision) if precision in (0, 3) else wall
    return shaped


def _zoned(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Literal):
        raise UsageError(
            "Casting text to timestamp with time zone is not translated; use from_iso8601_timestamp(x) or "
            "parse_datetime(x, pattern)."
        )
    match = re.fullmatch(rf"\s*({_WALL})\s*(UTC|Z|[+]00:00)?\s*", str(node.this))
    if match is None:
        raise UsageError(
            f"'{node.this}' is not translated as a timestamp with time zone; write it in UTC, such as "
            "timestamp '2020-01-02 03:04:05 UTC'."
        )
    return exp.Cast(this=exp.Literal.string(match[1]), to=DType.TIMESTAMP.into_expr())


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
