"""Raw files as one DataFrame per file kind: every record with its typed columns, its own text and what is wrong with it.

Files are read as lines, so that a record's text is at hand whatever turns out to be wrong with it, and parsed once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from glue_jobs.lib.header import Header
from glue_jobs.lib.source import FileKind, RawColumn

MALFORMED = "malformed_record"
BAD_ENCODING = "invalid_encoding"
REPLACEMENT = "\ufffd"
PLAIN_URI = re.compile(r"[A-Za-z0-9/:._=-]*")
PLAIN_INSTANT = re.compile(r"yyyy-MM-dd('T'| )HH:mm:ss( ?'[^']*')?")


@dataclass(frozen=True)
class RawFile:
    """A raw file that a run reads, with the header found in it."""

    uri: str
    header: Header


def lines(spark: SparkSession, files: Sequence[RawFile]) -> DataFrame:
    """Every line of the files: `value`, and where it stands: `file`, `block` (offset of the split), `row` (order in the scan)."""
    # A name may hold what Spark would otherwise take for a pattern.
    text = spark.read.option("__globPaths__", "false").text([file.uri for file in files])
    return text.select(
        "value",
        _file(files).alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("row"),
    )


def _file(files: Sequence[RawFile]) -> Column:
    """The URI of a line's file as we know it. Spark encodes blanks and the like in it; most names have none, which saves time."""
    if all(PLAIN_URI.fullmatch(file.uri) for file in files):
        return F.col("_metadata.file_path")
    return F.expr("url_decode(replace(_metadata.file_path, '+', '%2B'))")


def line_counts(spark: SparkSession, files: Sequence[RawFile]) -> DataFrame:
    """Lines per file and split: file, block, first_row (see `lines`), lines, and of these headers, blanks and records."""
    counted = []
    for header, group in by_header(files).items():
        is_header = (F.col("value") == header.line) if header.line else F.lit(False)
        text = lines(spark, group)
        counted.append(
            text.groupBy("file", "block").agg(
                F.min("row").alias("first_row"),
                F.count("*").alias("lines"),
                F.count_if(is_header).alias("headers"),
                F.count_if(F.trim("value") == "").alias("blanks"),
                F.count_if(is_record(header)).alias("records"),
            )
        )
    return reduce(DataFrame.unionByName, counted)


def by_header(files: Iterable[RawFile]) -> Mapping[Header, list[RawFile]]:
    """Files that lay their columns out alike; only these can be parsed in one go."""
    groups: dict[Header, list[RawFile]] = defaultdict(list)
    for file in files:
        groups[file.header].append(file)
    return groups


def is_record(header: Header) -> Column:
    """False for a blank line and for a repetition of the header."""
    blank = F.trim("value") == ""
    return ~blank & (F.col("value") != header.line) if header.line else ~blank


def read_records(spark: SparkSession, kind: FileKind, files: Sequence[RawFile], *, timezone: str) -> DataFrame:
    """All records of the files, one row each.

    Columns: the declared ones, typed (null where a value does not parse, and `_record.broken` says so); for each timestamp,
    an instant, also `<name>_local`, its wall clock in the source's time zone; `_record`, a struct of file, block, row, raw
    (the record's text) and broken (names of broken rules, null when there are none).
    """
    parts = [_parse(lines(spark, group), kind, header, timezone) for header, group in by_header(files).items()]
    return reduce(DataFrame.unionByName, parts)


def _parse(text: DataFrame, kind: FileKind, header: Header, timezone: str) -> DataFrame:
    text = text.where(is_record(header)).withColumn("_text", _decoded(kind))
    names = [column.name if column else f"_undeclared_{i}" for i, column in enumerate(header.columns)]
    schema = ", ".join(f"`{name}` string" for name in [*names, "_corrupt"])
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt"}
    if kind.format == "csv":
        dialect = {"sep": kind.delimiter, "quote": kind.quote, "escape": kind.quote}
        parsed = F.from_csv("_text", schema, {**options, **dialect})
    else:
        parsed = F.from_json("_text", schema, options)
    present = [column for column in header.columns if column]
    missing = [column for column in kind.columns if column not in present]
    # Each value is a column before anything asks about it, or Spark would parse it once for every question.
    typed = text.withColumn("_fields", parsed).withColumns({f"_typed_{column.name}": _typed(column) for column in present})
    broken: list[tuple[str, Column]] = [(BAD_ENCODING, F.instr("_text", REPLACEMENT) > 0)]
    broken += [
        (f"{column.name}_not_{column.type.split('(')[0]}", _value(column).isNull() & _given(column))
        for column in present
        if column.type != "string"
    ]
    malformed = F.col("_fields._corrupt").isNotNull()
    return typed.select(
        F.struct("file", "block", "row", F.col("_text").alias("raw"), _names(malformed, broken).alias("broken")).alias("_record"),
        *[column for source in present for column in _columns(source, _value(source), timezone)],
        *[column for source in missing for column in _columns(source, F.lit(None), timezone)],
    )


def _names(malformed: Column, broken: Sequence[tuple[str, Column]]) -> Column:
    any_broken = F.lit(False)
    for _, condition in broken:
        any_broken = any_broken | condition
    return F.when(malformed, F.array(F.lit(MALFORMED))).when(any_broken, failed_rules(broken))


def failed_rules(rules: Sequence[tuple[str, Column]]) -> Column:
    """Array of the names whose condition is true."""
    return F.array_compact(F.array(*[F.when(condition, F.lit(name)) for name, condition in rules]))


def _decoded(kind: FileKind) -> Column:
    """The line as text; where it is not UTF-8, by the kind's second encoding, else with U+FFFD for each bad byte."""
    raw = F.col("value").cast("binary")
    text = F.decode(raw, "UTF-8")
    if len(kind.encodings) > 1:
        text = F.when(F.instr(text, REPLACEMENT) == 0, text).otherwise(F.decode(raw, kind.encodings[1]))
    return text


def _given(column: RawColumn) -> Column:
    return F.trim(_field(column)) != ""


def _field(column: RawColumn) -> Column:
    return F.col("_fields").getField(column.name)


def _value(column: RawColumn) -> Column:
    return F.col(f"_typed_{column.name}")


def _columns(column: RawColumn, value: Column, timezone: str) -> list[Column]:
    typed = value.cast(column.type).alias(column.name)
    if column.type != "timestamp":
        return [typed]
    local = value.cast("timestamp")
    instant = local if timezone == "UTC" else F.to_utc_timestamp(local, timezone)
    return [instant.alias(column.name), local.alias(f"{column.name}_local")]


def _typed(column: RawColumn) -> Column:
    if column.type == "string":
        return _field(column)
    text = f"trim(_fields.`{column.name}`)"
    if column.type in ("timestamp", "date") and column.formats:
        tried = ", ".join(_instant(text, pattern) for pattern in column.formats)
        return F.expr(f"cast(coalesce({tried}) as {column.type})")
    return F.expr(f"try_cast({text} as {column.type})")


def _instant(text: str, pattern: str) -> str:
    """Parses one timestamp format; the commonest ones take a plain cast, half the cost of a pattern in Spark."""
    plain = PLAIN_INSTANT.fullmatch(pattern)
    if plain is None:
        escaped = pattern.replace("'", "\\'")
        return f"try_to_timestamp({text}, '{escaped}')"
    middle, ending = plain[1].strip("'"), (plain[2] or "").replace("'", "")
    fits = f"length({text}) = {19 + len(ending)} and substring({text}, 11, 1) = '{middle}' and endswith({text}, '{ending}')"
    return f"if({fits}, try_cast(substring({text}, 1, 19) as timestamp), null)"
