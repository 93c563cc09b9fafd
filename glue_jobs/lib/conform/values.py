"""Converts the text of one declared column to a typed value."""

from __future__ import annotations

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from glue_jobs.lib.conform.casts import cast
from glue_jobs.lib.conform.nested_fields import converted
from glue_jobs.lib.source_definition.source import CELL_ERRORS, FileKind, RawColumn

PLAIN_INSTANT = re.compile(r"yyyy-MM-dd('T'| )HH:mm:ss(\[\.S{1,6}\])?( ?'[^']*')?")
# A point and six digits, and one character that would be too many.
LONGEST_FRACTION = 8
# A number with a decimal comma: digits in groups of three or in one run, then the decimals.
COMMA_NUMBER = r"^[+-]?([0-9]{1,3}([.][0-9]{3})+|[0-9]*)(,[0-9]+)?$"
# By unit, how many make a second. Values from 1973 to 2286 have ten digits in seconds, and in no other unit are plausible.
EPOCH_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
PLAUSIBLE_SECONDS = (100_000_000, 9_999_999_999)
# Types of numbers in a nested type. A name is followed by a colon.
NESTED_NUMBER = re.compile(r"(?<=[:<,])\s*(bigint|int|double|decimal\([0-9, ]+\))(?=[,>]|$)")
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
    if column.type == "string" and kind.format == "xlsx":
        return F.when(is_present(kind, column) & ~field(column).isin(*CELL_ERRORS), field(column))
    if column.type == "string":
        return F.when(is_present(kind, column), field(column)) if kind.null_words else field(column)
    if column.is_nested:
        parsed = F.col(quoted(f"_nested_{column.name}"))
        strict = F.when(parsed[NESTED_PARTS["broken"]].isNull(), parsed[NESTED_PARTS["value"]])
        return F.coalesce(strict, _with_quoted_numbers(column)) if NESTED_NUMBER.search(column.type) else strict
    text = f"trim(_fields.{quoted(column.name)})"
    if column.type in ("timestamp", "date") and column.formats:
        tried = ", ".join(instant(text, pattern) for pattern in column.formats)
        if kind.is_typed:  # times that are times in the file are not written as the source's texts are
            tried += f", try_cast({text} as timestamp)"
        return F.expr(f"cast(coalesce({tried}) as {column.type})")
    if kind.decimal == "," and column.is_number:
        text = f"if({text} rlike '{COMMA_NUMBER}', translate({text}, ',.', '.'), null)"
    return F.expr(cast(text, column.type))


def _with_quoted_numbers(column: RawColumn) -> Column:
    """A nested field in which numbers are written as strings, as BigQuery exports INT64; null if one of them is no number.

    A cast turns what is no number into null without a word, so the fields that have values are counted before and after.
    """
    texts = NESTED_NUMBER.sub("string", column.type)
    value = f"from_json(concat('{{\"v\":', _fields.{quoted(column.name)}, '}}'), 'v {texts}').v"
    typed = f"transform(array({value}), x -> {converted('x', column.type)})[0]"
    filled = [f"regexp_count(to_json({one}), '\":|null')" for one in (value, typed)]
    return F.expr(f"if({filled[0]} = {filled[1]}, {typed}, null)")


def field(column: RawColumn) -> Column:
    """The raw text of a column."""
    return F.col("_fields").getField(column.name)


def is_present(kind: FileKind, column: RawColumn) -> Column:
    """Whether a column has a value: text that is neither blank nor a word for no value. Null if it has no text."""
    text, words = F.trim(field(column)), ("", *kind.null_words)
    # Most values are longer than any of the words, and their length is known.
    longest = max(len(word.encode()) for word in words)
    return (F.octet_length(text) > longest) | ~text.isin(*words)


def columns(column: RawColumn, value: Column, timezone: str) -> list[Column]:
    """What a SELECT sees of a column: its value and, for a timestamp, as `<name>_local` the wall clock in the source's zone.

    A text without an offset is that wall clock. In the hour that a clock shows twice the first (summer time) is meant; a
    time that it skips is taken as if it had not been put forward.
    """
    named = value.cast(column.type).alias(column.name)
    if column.type != "timestamp":
        return [named]
    instant = local = value.cast("timestamp")
    if timezone != "UTC" and column.is_absolute:
        local = F.from_utc_timestamp(instant, timezone)
    elif timezone != "UTC":
        instant = F.to_utc_timestamp(local, timezone)
    return [instant.alias(column.name), local.alias(f"{column.name}_local")]


def instant(text: str, pattern: str) -> str:
    """Parses one timestamp format; the commonest ones take a plain cast, half the cost of a pattern in Spark."""
    if pattern in EPOCH_UNITS:
        unit, number = EPOCH_UNITS[pattern], f"try_cast({text} as bigint)"
        first, last = (seconds * unit for seconds in PLAUSIBLE_SECONDS)
        micros = f"timestamp_micros({number} * {1_000_000 // unit})"
        return f"if({number} between {first} and {last + unit - 1}, {micros}, null)"
    plain = PLAIN_INSTANT.fullmatch(pattern)
    if plain is None or (plain[2] and plain[3]):
        escaped = pattern.replace("'", "\\'")
        return f"try_to_timestamp({text}, '{escaped}')"
    middle, ending = plain[1].strip("'"), (plain[3] or "").replace("'", "")
    separated = f"{_characters(text, 11, 1)} = '{middle}'"
    if plain[2]:
        # [.SSSSSS]: a fraction may follow, of as many digits or fewer
        fraction = f"{_characters(text, 20, LONGEST_FRACTION)} rlike '^([.][0-9]{{1,{len(plain[2]) - 3}}})?$'"
        return f"if({separated} and {fraction}, try_cast({text} as timestamp), null)"
    fits = f"octet_length({text}) = {19 + len(ending)} and endswith({text}, '{ending}') and {separated}"
    return f"if({fits}, try_cast({_characters(text, 1, 19)} as timestamp), null)"


def _characters(text: str, first: int, count: int) -> str:
    """Part of a text that is ASCII, if it fits. Of a text that need not be, Spark counts the characters first."""
    return f"cast(substring(cast({text} as binary), {first}, {count}) as string)"
