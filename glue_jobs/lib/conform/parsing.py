"""Reads raw files into one DataFrame per file kind: typed columns, the raw text and the broken rules of every record.

Files are read as lines (JSON arrays as elements), so that the text of a bad record is available, and parsed once. The task
that reads a JSON array holds the entire file in memory: one of 168 MB fitted into 3 GB.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from glue_jobs.lib.conform import values
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

MALFORMED = "malformed_record"
BAD_ENCODING = "invalid_encoding"
REPLACEMENT = "\ufffd"
# The fields of _record that a record has before it is unnested.
PLACE = ("_file", "_block", "_row", "_raw", "_broken")
PLAIN_URI = re.compile(r"[A-Za-z0-9/:._=-]*")
INGEST_DATE = "try_cast(regexp_extract(file, '/ingest_date=([0-9]{4}-[0-9]{2}-[0-9]{2})/', 1) as date)"
# How much text is kept of a file that should be a JSON array and is not.
UNREADABLE_TEXT = 1 << 16


@dataclass(frozen=True)
class RawFile:
    """A raw file that a run reads, with the header found in it."""

    uri: str
    header: Header


def lines(spark: SparkSession, files: Sequence[RawFile]) -> DataFrame:
    """Every line of the files: `value` and its location: `file`, `block` (offset of the split), `row` (order in the scan).

    Every element of a JSON array is a line. All files must have the same header.
    """
    # File names may contain characters that Spark would read as a pattern.
    reader = spark.read.option("__globPaths__", "false")
    uris = [file.uri for file in files]
    if files[0].header.is_array:
        return _elements(reader.text(uris, wholetext=True).select("value", _file(files).alias("file")))
    return reader.text(uris).select(
        "value",
        _file(files).alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("row"),
    )


def _elements(whole: DataFrame) -> DataFrame:
    """The elements of JSON arrays as JSON text; anything else becomes one line, which is then reported as malformed."""
    items = F.from_json("value", "array<string>")
    unreadable = F.array(F.left("value", F.lit(UNREADABLE_TEXT)))
    elements = whole.select("file", F.posexplode(F.coalesce(items, unreadable)).alias("position", "element"))
    return elements.select(
        F.coalesce("element", F.lit("null")).alias("value"),
        "file",
        F.lit(0).cast("bigint").alias("block"),
        F.col("position").cast("bigint").alias("row"),
    )


def _file(files: Sequence[RawFile]) -> Column:
    """The URI of a line's file. Spark percent-encodes some characters; decoding is skipped if no name has any."""
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
    """Files by header; files with the same header can be parsed together."""
    groups: dict[Header, list[RawFile]] = defaultdict(list)
    for file in files:
        groups[file.header].append(file)
    return groups


def is_record(header: Header) -> Column:
    """False for blank lines and repeated headers."""
    blank = F.trim("value") == ""
    return ~blank & (F.col("value") != header.line) if header.line else ~blank


def read_records(spark: SparkSession, kind: FileKind, files: Sequence[RawFile], *, timezone: str) -> DataFrame:
    """All records of the files, one row each.

    Columns: the declared ones, typed (null where a value does not parse, and `_record.broken` says so); for each timestamp,
    an instant, also `<name>_local`, its wall clock in the source's time zone; `_ingest_date`, the day of delivery; what the
    kind's `unnest` makes of them, by its name, and its place from 1 as `<name>_number`; `_record`, a struct of file, block,
    row, item (place in what was unnested, from 0), raw (the record's text) and broken (names of broken rules, null when there
    are none).
    """
    groups = by_header(files) or {Header(line="", columns=kind.columns, undeclared=()): []}
    parts = [_parse(_lines_or_none(spark, group), kind, header, timezone) for header, group in groups.items()]
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
    return records.select(record.alias("_record"), *columns)


def _lines_or_none(spark: SparkSession, files: Sequence[RawFile]) -> DataFrame:
    if files:
        return lines(spark, files)
    return spark.range(0).selectExpr("'' as value", "'' as file", "id as block", "id as row")


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
    fields = text.withColumn("_fields", parsed)
    fields = fields.withColumns({f"_nested_{column.name}": values.nested(column) for column in present if column.is_nested})
    typed = fields.withColumns({f"_typed_{column.name}": values.typed(kind, column) for column in present})
    broken: list[tuple[str, Column]] = [(BAD_ENCODING, F.instr("_text", REPLACEMENT) > 0)]
    broken += [
        (f"{column.name}_not_{re.split('[(<]', column.type)[0]}", _value(column).isNull() & _given(column))
        for column in present
        if column.type != "string"
    ]
    malformed = F.col("_fields._corrupt").isNotNull()
    if kind.format != "csv":
        malformed = malformed | ~F.startswith(F.ltrim("_text"), F.lit("{"))
    return typed.select(
        *[F.col(name).alias(f"_{name}") for name in ("file", "block", "row")],
        F.col("_text").alias("_raw"),
        _names(malformed, broken).alias("_broken"),
        F.expr(INGEST_DATE).alias("_ingest_date"),
        *[column for source in present for column in values.columns(source, _value(source), timezone)],
        *[column for source in missing for column in values.columns(source, F.lit(None), timezone)],
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
    return F.trim(values.field(column)) != ""


def _value(column: RawColumn) -> Column:
    return F.col(f"_typed_{column.name}")
