"""Reads raw files into one DataFrame per file kind: typed columns, the raw text and the broken rules of every record.

Files are read as the text of their records, so that the text of a bad one is available, and parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from glue_jobs.lib.conform import nested_fields, values
from glue_jobs.lib.conform.conditions import any_of, only_if
from glue_jobs.lib.conform.line_counts import REPLACEMENT, decoded, is_blank, is_header, is_preamble
from glue_jobs.lib.conform.raw_text import RawFile, by_layout, records_text
from glue_jobs.lib.conform.suspicions import suspicions
from glue_jobs.lib.conform.wide_csv import WIDE, narrowed
from glue_jobs.lib.source_definition.csv_patterns import CsvPatterns
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import LINE_BREAK, FileKind, RawColumn

MALFORMED = "malformed_record"
BAD_ENCODING = "invalid_encoding"
ZERO_BYTE = "zero_byte"
# The fields of _record that a record has before it is unnested.
PLACE = ("_file", "_block", "_row", "_raw", "_broken", "_delivered")
INGEST_DATE = "try_cast(regexp_extract(file, '/ingest_date=([0-9]{4}-[0-9]{2}-[0-9]{2})/', 1) as date)"
# Columns: whether a record is suspicious, and the names of what is suspicious in it; see `suspicions`. The names are another
# column, because nearly no record has any: what no plan asks for is not computed.
DOUBTFUL, SUSPICIONS = "_doubtful", "_suspicions"


def read_records(spark: SparkSession, kind: FileKind, files: Sequence[RawFile], *, timezone: str) -> DataFrame:
    """All records of the files, one row each.

    Columns: the declared ones, typed (null where a value does not parse, and `_record.broken` says so); for each timestamp,
    an instant, also `<name>_local`, its wall clock in the source's time zone; `_ingest_date`, the day of delivery; what the
    kind's `unnest` makes of them, by its name, and its place from 1 as `<name>_number`; `_record`, a struct of file, block,
    row, item (place in what was unnested, from 0), raw (the record's text), broken (names of broken rules, null when there are
    none) and delivered (greater in later files).
    """
    groups = list(by_layout(files).values()) or [[]]
    ordered = len(files) > 1
    parts = [_parse(_text_or_none(spark, kind, group, ordered=ordered), kind, group, timezone) for group in groups]
    records = reduce(DataFrame.unionByName, parts)
    columns = [column for column in records.columns if column not in PLACE]
    item = F.lit(0)
    if kind.unnest is not None:
        # A record with several elements becomes one record per element; one without any stays, with null.
        name, expression = kind.unnest
        several = F.when(F.col("_broken").isNull(), F.expr(expression))
        records = records.select("*", F.posexplode_outer(several).alias("_item", name))
        item = F.coalesce("_item", F.lit(0))
        records = records.withColumn(f"{name}_number", item + 1)
        columns += [name, f"{name}_number"]
    # The struct is built last: Spark 3.5 loses the fields of a struct that passes through an explode.
    place = [F.col(name).alias(name.removeprefix("_")) for name in PLACE]
    record = F.struct(*place[:3], item.cast("bigint").alias("item"), *place[3:])
    return records.select(record.alias("_record"), *map(values.quoted, columns))


def _text_or_none(spark: SparkSession, kind: FileKind, files: Sequence[RawFile], *, ordered: bool) -> DataFrame:
    if files:
        return records_text(spark, kind, files, ordered=ordered)
    return spark.range(0).selectExpr("'' as value", "'' as file", "id as block", "id as delivered", "id as row")


def _parse(text: DataFrame, kind: FileKind, files: Sequence[RawFile], timezone: str) -> DataFrame:
    header = files[0].header if files else Header(line="", columns=kind.columns)
    text = text.where(~is_blank() & ~is_header(kind, files) & ~is_preamble(kind, files)) if files else text
    record = decoded(kind, files)
    text = text.withColumn("_text", F.translate(record, LINE_BREAK, "\n") if kind.format == "xlsx" else record)
    present = [column for column in header.columns if column]
    missing = [column for column in kind.columns if column not in present]
    # Each value is a column before anything asks about it, or Spark would parse it once for every question.
    fields = _fields(text, kind, header)
    nested = {f"_nested_{column.name}": values.nested(column) for column in present if column.is_nested}
    fields = fields.withColumns(nested) if nested else fields
    typed = fields.withColumns({f"_typed_{column.name}": values.typed(kind, column) for column in present})
    broken: list[tuple[str | Column, Column]] = [
        (BAD_ENCODING, F.col("_text").contains(REPLACEMENT)),
        (ZERO_BYTE, _has_zero_byte(kind)),
    ]
    broken += [
        (_misfit(column), _value(column).isNull() & values.is_present(kind, column))
        for column in present
        if column.type != "string"
    ]
    doubts = suspicions(kind, present)
    spans = bool(files) and files[0].spans
    return typed.select(
        *[F.col(name).alias(f"_{name}") for name in ("file", "block", "row", "delivered")],
        F.col("_text").alias("_raw"),
        _names(_malformed(kind, spans=spans), broken).alias("_broken"),
        F.expr(INGEST_DATE).alias("_ingest_date"),
        any_of([condition for _, condition in doubts]).alias(DOUBTFUL),
        failed_rules(doubts).alias(SUSPICIONS),
        *[column for source in present for column in values.columns(source, _value(source), timezone)],
        *[column for source in missing for column in values.columns(source, F.lit(None), timezone)],
    )


def _fields(text: DataFrame, kind: FileKind, header: Header) -> DataFrame:
    """Adds `_fields`, a struct of the record's columns as text, and of its whole text as `_corrupt` if it is malformed."""
    names = [column.name if column else f"_undeclared_{i}" for i, column in enumerate(header.columns)]
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt"}
    if kind.layout != "csv":
        return text.withColumn("_fields", F.from_json("_text", _schema(names), options))
    options |= {"sep": kind.delimiter, "quote": kind.quote, "escape": kind.quote}
    if len(names) > WIDE:
        declared = [column.name for column in header.columns if column]
        return narrowed(text, kind, header).withColumn("_fields", F.from_csv("_narrow", _schema([*declared, "_end"]), options))
    # A record without quotes is its cells; splitting it costs a third of parsing it.
    is_plain = ~F.col("_text").contains(kind.quote) if kind.quote else F.lit(True)
    text = text.withColumn("_cells", F.when(is_plain, F.split("_text", re.escape(kind.delimiter))))
    cells = [F.get("_cells", F.lit(place)) for place in range(len(names))]
    fields = [F.when(cell != "", cell).alias(name) for cell, name in zip(cells, names, strict=True)]
    split = F.struct(*fields, F.lit(None).cast("string").alias("_corrupt"))
    parsed = _parsed(kind, header, _schema(names), options)
    return text.withColumn("_fields", F.when(F.size("_cells") == len(names), split).otherwise(parsed))


def _parsed(kind: FileKind, header: Header, schema: str, options: dict[str, str]) -> Column:
    """The record as a CSV parser reads it; with other numbers of fields than the header has, if the rest can be left out."""

    def or_refitted(record: Column) -> Column:
        refitted = F.from_csv(_refitted(kind, header), schema, options)
        return F.when(record["_corrupt"].isNull(), record).otherwise(F.coalesce(refitted, record))

    # The lambda gives what was parsed a name, as a column would, which Spark would copy with every record.
    return F.transform(F.array(F.from_csv("_text", schema, options)), or_refitted)[0]


def _schema(names: Sequence[str]) -> str:
    return ", ".join(f"{values.quoted(name)} string" for name in [*names, "_corrupt"])


def _refitted(kind: FileKind, header: Header) -> Column:
    """A record with as many fields as the header has: many exporters leave out empty fields at the end, or add some.

    Only columns that are optional, or not declared, may lack their field.
    """
    text, delimiter, columns = F.col("_text"), kind.delimiter, len(header.columns)
    needed = max((place for place, column in enumerate(header.columns, 1) if column and not column.optional), default=1)
    unquoted = F.regexp_replace(text, CsvPatterns(delimiter, kind.quote).quoted, "") if kind.quote else text
    fields = F.size(F.split(unquoted, re.escape(delimiter)))
    ending = F.call_function("repeat", F.lit(delimiter), fields - columns)
    lengthened = F.call_function("repeat", F.lit(delimiter), columns - fields)
    shortened = F.left(text, F.length(text) - (fields - columns) * len(delimiter))
    return (
        F.when((fields < columns) & (fields >= needed), F.concat(text, lengthened))
        .when((fields > columns) & text.endswith(ending), shortened)
        .otherwise(text)
    )


def _malformed(kind: FileKind, *, spans: bool) -> Column:
    malformed = F.col("_fields._corrupt").isNotNull()
    text = F.col("_text")
    if kind.layout != "csv":
        # The parser ignores what follows an object.
        return malformed | ~F.startswith(F.ltrim(text), F.lit("{")) | ~text.rlike(r"\}[\s,]*\z")
    if not spans:
        return malformed
    patterns = CsvPatterns(kind.delimiter, kind.quote)
    has_lines = text.contains("\n")
    return malformed | (has_lines & ~text.rlike(patterns.closed)) | (~has_lines & text.rlike(patterns.opens))


def _has_zero_byte(kind: FileKind) -> Column:
    """Whether a record has a zero byte; in JSON it may also be escaped."""
    text = F.col("_text")
    raw = text.contains("\0")
    if kind.layout == "csv":
        return raw
    return raw | only_if(text.contains(r"\u0000"), text.rlike(r"(?<!\\)(?:\\\\)*+\\u0000"))


def _misfit(column: RawColumn) -> str | Column:
    """The rule that a value breaks if it does not fit its type; a nested field is named by its path."""
    text = f"_fields.{values.quoted(column.name)}"
    return nested_fields.misfit(column, text) if column.is_nested else nested_fields.rule(column.name, column.type)


def _names(malformed: Column, broken: Sequence[tuple[str | Column, Column]]) -> Column:
    any_broken = any_of([condition for _, condition in broken])
    return F.when(malformed, F.array(F.lit(MALFORMED))).when(any_broken, failed_rules(broken))


def failed_rules(rules: Sequence[tuple[str | Column, Column]]) -> Column:
    """Array of the names whose condition is true."""
    # array_compact, like all functions with a lambda, would keep Spark from compiling the whole step to one function.
    names = [F.when(condition, name if isinstance(name, Column) else F.lit(name)) for name, condition in rules]
    return F.array_except(F.array(*names), F.array(F.lit(None).cast("string")))


def _value(column: RawColumn) -> Column:
    return F.col(values.quoted(f"_typed_{column.name}"))
