"""Converts the text of one declared column to a typed value."""

from __future__ import annotations

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from glue_jobs.lib.source_definition.source import FileKind, RawColumn

PLAIN_INSTANT = re.compile(r"yyyy-MM-dd('T'| )HH:mm:ss(\[\.S{1,6}\])?( ?'[^']*')?")
# A number with a decimal comma: digits in groups of three or in one run, then the decimals.
COMMA_NUMBER = r"^[+-]?([0-9]{1,3}([.][0-9]{3})+|[0-9]*)(,[0-9]+)?$"
# Spark's range of dates in milliseconds: the years 1 to 9999.
EPOCH_MS = (-62_135_596_800_000, 253_402_300_799_999)
NESTED_PARTS = {"value": "v", "broken": "_corrupt"}


def quoted(name: str) -> str:
    """The name of a column as Spark SQL takes it, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def nested(column: RawColumn) -> Column:
    """A nested field, which the record holds as JSON text, as a struct of its value and of the text if that does not fit."""
    schema = f"{NESTED_PARTS['value']} {column.type}, {NESTED_PARTS['broken']} string"
    whole = F.concat(F.lit(f'{{"{NESTED_PARTS["value"]}":'), field(column), F.lit("}"))
    return F.from_json(whole, schema, {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": NESTED_PARTS["broken"]})


def typed(kind: FileKind, column: RawColumn) -> Column:
    """The value of a column, from its text in `_fields` (or from `nested`, as `_nested_<name>`); null if it does not parse."""
    if column.type == "string":
        return F.when(~_is_null_word(kind, field(column)), field(column)) if kind.null_words else field(column)
    if column.is_nested:
        parsed = F.col(quoted(f"_nested_{column.name}"))
        return F.when(parsed[NESTED_PARTS["broken"]].isNull(), parsed[NESTED_PARTS["value"]])
    text = f"trim(_fields.{quoted(column.name)})"
    if column.type in ("timestamp", "date") and column.formats:
        tried = ", ".join(_instant(text, pattern) for pattern in column.formats)
        return F.expr(f"cast(coalesce({tried}) as {column.type})")
    if kind.decimal == "," and column.is_number:
        text = f"if({text} rlike '{COMMA_NUMBER}', translate({text}, ',.', '.'), null)"
    return F.expr(f"try_cast({text} as {column.type})")


def field(column: RawColumn) -> Column:
    """The raw text of a column."""
    return F.col("_fields").getField(column.name)


def is_present(kind: FileKind, column: RawColumn) -> Column:
    """Whether a column has a value: text that is neither blank nor a word for no value."""
    return (F.trim(field(column)) != "") & ~_is_null_word(kind, field(column))


def _is_null_word(kind: FileKind, text: Column) -> Column:
    words = ("", *kind.null_words)
    # Most values are longer than any of the words, and their length is known.
    longest = max(len(word.encode()) for word in words)
    return F.coalesce((F.octet_length(text) <= longest) & F.trim(text).isin(*words), F.lit(True))


def columns(column: RawColumn, value: Column, timezone: str) -> list[Column]:
    """What a SELECT sees of a column: its value and, for a timestamp, as `<name>_local` the wall clock in the source's zone.

    A text without an offset is that wall clock. In the hour that a clock shows twice the first (summer time) is meant; a
    time that it skips is taken as if it had not been put forward.
    """
    cast = value.cast(column.type).alias(column.name)
    if column.type != "timestamp":
        return [cast]
    instant = local = value.cast("timestamp")
    if timezone != "UTC" and column.is_absolute:
        local = F.from_utc_timestamp(instant, timezone)
    elif timezone != "UTC":
        instant = F.to_utc_timestamp(local, timezone)
    return [instant.alias(column.name), local.alias(f"{column.name}_local")]


def _instant(text: str, pattern: str) -> str:
    """Parses one timestamp format; the commonest ones take a plain cast, half the cost of a pattern in Spark."""
    if pattern in ("epoch_s", "epoch_ms"):
        number = f"try_cast({text} as bigint)" if pattern == "epoch_ms" else f"try_multiply(try_cast({text} as bigint), 1000)"
        return f"if({number} between {EPOCH_MS[0]} and {EPOCH_MS[1]}, timestamp_millis({number}), null)"
    plain = PLAIN_INSTANT.fullmatch(pattern)
    if plain is None or (plain[2] and plain[3]):
        escaped = pattern.replace("'", "\\'")
        return f"try_to_timestamp({text}, '{escaped}')"
    middle, ending = plain[1].strip("'"), (plain[3] or "").replace("'", "")
    if plain[2]:
        # [.SSSSSS]: a fraction may follow, of as many digits or fewer
        fraction = f"substring({text}, 20) rlike '^([.][0-9]{{1,{len(plain[2]) - 3}}})?$'"
        return f"if(substring({text}, 11, 1) = '{middle}' and {fraction}, try_cast({text} as timestamp), null)"
    fits = f"length({text}) = {19 + len(ending)} and substring({text}, 11, 1) = '{middle}' and endswith({text}, '{ending}')"
    return f"if({fits}, try_cast(substring({text}, 1, 19) as timestamp), null)"
