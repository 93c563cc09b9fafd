"""Counts lines and records per raw file and split, apart from the parser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from contracts.errors import SourceError
from glue_jobs.lib.conform.conditions import any_of, only_if
from glue_jobs.lib.conform.json_count import value_counter
from glue_jobs.lib.conform.raw_text import RawFile, by_layout, ends_open, json_values, records_text, stored_text
from glue_jobs.lib.source_definition.encodings import BOM
from glue_jobs.lib.source_definition.header import cells, plain
from glue_jobs.lib.source_definition.source import FileKind

REPLACEMENT = "\ufffd"
# A line with so many names of columns is a header; one with fewer may be a record.
FEWEST_NAMES = 2
# Bytes around the first name of a header: a byte order mark, a quote, blanks.
AROUND_NAME = 8
# Of more required columns only the first are looked for: a long condition costs time, and Spark's planner may not take it.
MOST_NAMES = 30


def survey(spark: SparkSession, kind: FileKind, files: Sequence[RawFile]) -> tuple[list[RawFile], DataFrame]:
    """The files, with `spans` set where a record spans lines, and their `line_counts`, cached."""
    counts = line_counts(spark, kind, files).cache()
    if kind.layout != "csv" or not kind.quote:
        return list(files), counts
    spanning = {row.file for row in counts.where("open_lines > 0").select("file").distinct().collect()}
    if not spanning:
        return list(files), counts
    counts.unpersist()
    marked = [replace(file, spans=file.uri in spanning) for file in files]
    return marked, line_counts(spark, kind, marked).cache()


def line_counts(spark: SparkSession, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
    """Lines per file and split: file, block, first_row (see `records_text`), lines, headers, blanks, preamble and records.

    `open_lines` begin a record that the next line continues. `other_encoding` are lines that are UTF-8, though the kind declares
    another encoding. `other_headers` are records that look like a header with other columns than the file's, or another order.
    """
    return reduce(DataFrame.unionByName, [_counted(spark, kind, group) for group in by_layout(files).values()])


def _counted(spark: SparkSession, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
    header = files[0].header
    if header.is_whole:
        counted = F.coalesce(value_counter()("value"), F.size(json_values())).cast("bigint")
        text = stored_text(spark, files).select("file", "block", counted.alias("records"))
        none = F.lit(0).cast("bigint")
        columns = {"first_row": none, "lines": F.col("records")}
        columns |= dict.fromkeys(("headers", "blanks", "preamble", "open_lines", "other_encoding", "other_headers"), none)
        return text.withColumns(columns)
    text = records_text(spark, kind, files)
    blank, head, before = is_blank(), is_header(kind, files), is_preamble(kind, files)
    return text.groupBy("file", "block").agg(
        F.min("row").alias("first_row"),
        F.count("*").alias("lines"),
        F.count_if(head).alias("headers"),
        F.count_if(blank).alias("blanks"),
        F.count_if(before & ~blank).alias("preamble"),
        F.count_if(~blank & ~head & ~before).alias("records"),
        F.count_if(F.lit(False) if files[0].spans else ends_open(kind)).alias("open_lines"),
        F.count_if(_is_utf8_after_all(kind)).alias("other_encoding"),
        F.count_if(~head & is_other_header(kind, files)).alias("other_headers"),
    )


def is_blank() -> Column:
    # Spark's trim copies the line.
    return (F.octet_length("value") == 0) | only_if(F.col("value").startswith(" "), F.trim("value") == "")


def is_header(kind: FileKind, files: Sequence[RawFile]) -> Column:
    """Whether a line is the header, also where joined exports write it with other quotes, blanks or case."""
    header = files[0].header
    if not header.line:
        return F.lit(False)
    first = next(iter(cells(kind, header.line)), "").strip().lower()
    text = _comparable(kind, files, header.line)
    # Cheap, and false for almost every record. Of text, Spark would count the characters of the whole line first.
    start = F.substring(text.cast("binary"), 1, len(first.encode()) + AROUND_NAME).cast("string")
    may_be = F.lower(start).contains(first)
    return (text == header.line) | only_if(may_be, _bare(kind, text) == plain(kind, header.line))


def is_other_header(kind: FileKind, files: Sequence[RawFile]) -> Column:
    """Whether a line names every required column, of many the first ones: the header of another export that was appended."""
    header = files[0].header
    found = [column for column in header.columns if column]
    required = ([column for column in found if not column.optional] or found)[:MOST_NAMES]
    if not header.line or len(required) < FEWEST_NAMES:
        return F.lit(False)
    # Cheap, and false for almost every record: the longest name, as it is or in one case.
    rare = max(required, key=lambda column: len(column.name))
    names = {form for name in (rare.name, *rare.aliases) for form in (name, name.lower(), name.upper(), name.title())}
    text = _comparable(kind, files, header.line)
    may_be = any_of([text.contains(name) for name in sorted(names)])
    if all("_" in name for name in names):  # rarer than the name, and the same in all cases
        may_be = only_if(text.contains("_"), may_be)
    cells = F.split(_bare(kind, text), re.escape(kind.delimiter))
    plain_names = [[plain(kind, name) for name in (column.name, *column.aliases)] for column in required]
    has_each = [F.arrays_overlap(cells, F.array(*map(F.lit, names))) for names in plain_names]
    return only_if(may_be, reduce(lambda one, other: one & other, has_each))


def _bare(kind: FileKind, text: Column) -> Column:
    """A line as header names are compared: in lower case, without quotes and spaces."""
    return F.translate(F.lower(text), f"{kind.quote} {BOM}", "")


def check_headers(kind: FileKind, files: Sequence[str], *, source: str) -> None:
    """SourceError if there are headers that differ from the first one of their file; `files` names the file of each of them."""
    for file, count in sorted(Counter(files).items()):
        raise SourceError(
            f"{source}: {file.rpartition('/')[2]}: {count} lines within the file are headers with other columns than the "
            "first, or in another order, so what follows would be read into wrong columns; nothing was committed. Split "
            f"the file at these lines, land the parts as {kind.name}, and delete the file from raw."
        )


def is_preamble(kind: FileKind, files: Sequence[RawFile]) -> Column:
    """Whether a line stands before the header; blank lines are counted as such."""
    lines = sorted({line for file in files for line in file.header.preamble if line.strip()})
    return _comparable(kind, files, "".join(lines)).isin(lines) if lines else F.lit(False)


def _comparable(kind: FileKind, files: Sequence[RawFile], text: str) -> Column:
    """A line as it can be compared with `text`; ASCII needs no decoding."""
    return F.col("value") if text.isascii() else decoded(kind, files)


def decoded(kind: FileKind, files: Sequence[RawFile]) -> Column:
    """The text in the first encoding that fits; U+FFFD stands for bytes that fit none."""
    if files and files[0].header.encoding:
        return F.col("value")
    raw = F.col("value").cast("binary")
    texts = [F.decode(raw, encoding) for encoding in kind.encodings]
    return reduce(lambda last, text: F.when(~text.contains(REPLACEMENT), text).otherwise(last), reversed(texts))


def _is_utf8_after_all(kind: FileKind) -> Column:
    if kind.encodings[0].startswith(("utf", "gb", "euc", "big5", "shift")):
        return F.lit(False)
    text = F.decode(F.col("value").cast("binary"), "UTF-8")
    return (F.length(text) < F.octet_length("value")) & ~text.contains(REPLACEMENT)
