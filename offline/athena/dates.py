"""Dates and timestamps: parts, differences in complete units, patterns, time zones, Unix time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion, moments, patterns
from offline.athena.operators import in_zone
from offline.athena.registry import Call, Emit, ReturnRule, alias, cast, func, refuse, scalar

DType = exp.DType
_DATE_UNITS = ("day", "week", "month", "quarter", "year")
_UNITS = ("millisecond", "second", "minute", "hour", *_DATE_UNITS)


def _of_wall_clock(duck: str) -> Emit:
    return lambda call: func(duck, moments.wall_clock(call.args[0]))


for _name, _part in {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "day_of_week": "isodow",
    "day_of_year": "dayofyear", "year_of_week": "isoyear",
}.items():  # fmt: skip
    scalar(_name, "datetime|zoned", "bigint", _of_wall_clock(_part))
for _name in ("hour", "minute", "second"):
    scalar(_name, "datetime|zoned", "bigint", _of_wall_clock(_name))


def _of_timestamp(types: Sequence[exp.DataType]) -> exp.DataType:
    if types[0].this is DType.DATE:
        raise UsageError("extract() of an hour, minute or second takes a timestamp; a date has none.")
    return DType.BIGINT.into_expr()


for _name in ("hour", "minute", "second"):
    scalar(f"extract {_name}", "datetime|zoned", _of_timestamp, _of_wall_clock(_name))
scalar(
    "millisecond",
    "datetime|zoned",
    "bigint",
    lambda c: exp.Mod(this=func("millisecond", *c.args), expression=exp.Literal.number(1000)),
)
for _new, _old in {
    "day_of_month": "day", "week_of_year": "week", "dow": "day_of_week", "doy": "day_of_year", "yow": "year_of_week",
}.items():  # fmt: skip
    alias(_new, _old)


def _unit(call: Call, kind: exp.DataType) -> str:
    unit = call.text(0, what="the unit").lower()
    allowed = _DATE_UNITS if kind.this is DType.DATE else _UNITS
    if unit not in allowed:
        raise UsageError(f"{call.name}(): '{unit}' is not a unit of {athena_types.type_name(kind)}; use {', '.join(allowed)}.")
    return unit


def _same_as(position: int) -> ReturnRule:
    return lambda types: types[position]


def _trunc(call: Call) -> exp.Expr:
    return cast(func("date_trunc", _unit(call, call.types[1]), call.args[1]), call.returns)


def _add(call: Call) -> exp.Expr:
    unit = _unit(call, call.types[2])
    amount = exp.Mul(this=exp.Paren(this=call.args[1].copy()), expression=exp.Literal.number(3 if unit == "quarter" else 1))
    if athena_types.family(call.types[1]) == "number" and not athena_types.is_integer(call.types[1]):
        raise UsageError("date_add() takes a whole number of units; wrap the amount in cast(… as bigint).")
    step = func({"quarter": "to_months"}.get(unit, f"to_{unit}s"), cast(amount, "integer"))
    return cast(exp.Add(this=call.args[2].copy(), expression=step), call.returns)


def _diff(call: Call) -> exp.Expr:
    kind = coercion.common(call.types[1:], where="date_diff()")
    points = [cast(moments.instant(point), kind) for point in call.args[1:]]
    if kind.this is DType.TIMESTAMPTZ or (kind.this is DType.TIMESTAMP and athena_types.precision_of(kind) > 3):
        points = [func("date_trunc", "millisecond", point) for point in points]
    return func("date_sub", _unit(call, kind), *points)


scalar("date_trunc", "text datetime|zoned", _same_as(1), _trunc)
scalar("date_add", "text number datetime", _same_as(2), _add)
scalar("date_diff", "text datetime datetime", "bigint", _diff)
scalar("date", "text|datetime|zoned", "date", lambda c: exp.Cast(this=_day(c), to=DType.DATE.into_expr()))
scalar("last_day_of_month", "datetime|zoned", "date", "last_day")


def _day(call: Call) -> exp.Expr:
    if athena_types.family(call.types[0]) != "text":
        return moments.wall_clock(call.args[0])
    return func("lake_shaped", call.args[0], r"(\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*)", "date")


scalar("current_date", "", "date", lambda _: cast(func("timezone", "UTC", func("now")), "date"))
scalar("now", "", "timestamp with time zone", lambda _: func("date_trunc", "millisecond", func("now")))
alias("current_timestamp", "now")
scalar("localtimestamp", "", "timestamp", lambda _: func("timezone", "UTC", func("date_trunc", "millisecond", func("now"))))


def _tz(_: Sequence[exp.DataType]) -> exp.DataType:
    return DType.TIMESTAMPTZ.into_expr()


def _at_timezone(call: Call) -> exp.Expr:
    return in_zone(call.args[0], call.args[1])


scalar("at_timezone", "datetime text", lambda _: athena_types.ZONED.copy(), _at_timezone)
scalar("from_unixtime", "number", _tz, lambda c: func("to_timestamp", func("lake_millis", cast(c.args[0], "double"))))
scalar("to_unixtime", "datetime", "double", lambda c: func("epoch", moments.instant(c.args[0])))


def _from_iso(call: Call) -> exp.Expr:
    guarded, instant, wall = (func(f"lake_py_iso_{form}", *call.args) for form in ("guarded", "instant", "wall"))
    return moments.moment(guarded=guarded, instant=instant, wall=wall)


scalar("from_iso8601_timestamp", "text", _tz, _from_iso)
scalar("from_iso8601_date", "text", "date", lambda c: cast(func("lake_py_iso_date", *c.args), "date"))


def _to_iso(call: Call) -> exp.Expr:
    kind = call.types[0]
    if kind.this is DType.DATE:
        return func("strftime", call.args[0], "%Y-%m-%d")
    zone = "Z" if kind.this is DType.TIMESTAMPTZ else ""
    places = 3 if zone else athena_types.precision_of(kind)
    fraction = {0: "", 3: ".%g"}.get(places, ".%f")
    written = func("strftime", call.args[0], f"%Y-%m-%dT%H:%M:%S{fraction}{zone}")
    return func("left", written, len("2020-01-01T00:00:00.") + places) if fraction == ".%f" else written


scalar("to_iso8601", "datetime", "varchar", _to_iso)


def _date_format(call: Call) -> exp.Expr:
    pattern = patterns.mysql(call.text(1, what="the pattern"), function=call.name, parse=False)
    return func("strftime", moments.wall_clock(call.args[0]), pattern)


def _with_year(text: exp.Expr, pattern: str) -> tuple[exp.Expr, str]:
    if patterns.names_year(pattern):
        return text, pattern
    return exp.Paren(
        this=exp.DPipe(this=exp.Literal.string(f"{patterns.assumed_year(pattern)} "), expression=text.copy())
    ), f"%Y {pattern}"


def _date_parse(call: Call) -> exp.Expr:
    pattern = patterns.mysql(call.text(1, what="the pattern"), function=call.name, parse=True)
    text, pattern = _with_year(func("lake_not_padded", call.args[0]), pattern)
    parsed = func("date_trunc", "millisecond", func("strptime", text, pattern))
    return func("lake_pivot", parsed) if "%y" in pattern else parsed


def _format_datetime(call: Call) -> exp.Expr:
    zoned = athena_types.family(call.types[0]) == "zoned"
    if call.types[0].this is not DType.TIMESTAMPTZ and not zoned and patterns.names_zone(call.text(1, what="the pattern")):
        raise UsageError(
            "format_datetime(): the timestamp has no time zone, so Athena refuses Z and z in the pattern; leave them out."
        )
    pattern = patterns.joda(call.text(1, what="the pattern"), function=call.name, parse=False, zoned=zoned)
    return func("strftime", moments.wall_clock(call.args[0]), pattern)


def _parse_datetime(call: Call) -> exp.Expr:
    pattern = patterns.joda(call.text(1, what="the pattern"), function=call.name, parse=True)
    text, pattern = _with_year(func("lake_not_padded", call.args[0]), pattern)
    if "%z" not in pattern:
        return exp.Cast(this=func("strptime", text, pattern), to=_tz([]))
    if not pattern.endswith("%z"):
        raise UsageError("parse_datetime(): a zone is translated only at the end of the pattern; use regexp_replace().")
    offset = r"\s*([+-]\d\d:?\d\d|Z)$"
    wall = func("strptime", func("regexp_replace", text, offset, ""), pattern.removesuffix("%z").rstrip())
    instant = func("timezone", "UTC", func("strptime", func("regexp_replace", text, "Z$", "+00:00"), pattern))
    return moments.moment(guarded=func(moments.SAME, instant, wall), instant=instant, wall=wall)


scalar("date_format", "datetime|zoned text", "varchar", _date_format)
scalar("date_parse", "text text", "timestamp", _date_parse)
scalar("format_datetime", "datetime|zoned text", "varchar", _format_datetime)
scalar("parse_datetime", "text text", _tz, _parse_datetime)

refuse("with_timezone", "DuckDB keeps no time zone with a timestamp; use at_timezone(t, 'zone') on a UTC timestamp")
refuse("timezone_hour timezone_minute timezone timezone_name current_timezone", "the session's time zone is always UTC offline")
refuse("to_milliseconds parse_duration human_readable_seconds", "use date_diff('millisecond', a, b)")
refuse("from_unixtime_nanos", "use from_unixtime(n / 1e9)")
refuse("current_time localtime", "use current_timestamp")
refuse("to_date to_timestamp to_char", "use date_parse(text, '%d/%m/%Y') or date_format(t, '%Y-%m')")
