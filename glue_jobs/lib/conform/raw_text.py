"""Reads raw files as the text of records, each with its place: lines of CSV and JSON, records over several lines, JSON values.

Lines are read in parallel. A UTF-16 file, and one that is JSON as a whole, is read by one task that holds it in memory: a JSON
array of 168 MB fitted into 3 GB. A CSV file in which records span lines is read as lines too; one task per file then joins them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from glue_jobs.lib.conform.conditions import only_if
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.source_definition.csv_patterns import CsvPatterns
from glue_jobs.lib.source_definition.encodings import BOM
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import FileKind

PLAIN_URI = re.compile(r"[A-Za-z0-9/:._=-]*")
# How much text is kept of a file that should be JSON and is not.
UNREADABLE_TEXT = 1 << 16
# The place between two JSON values that follow one another without a comma, outside of strings.
ADJACENT = r"[}\]]\s*[{\[]"
NEXT_TO_OBJECT, NEXT_TO_ARRAY = r"\}\s*,\s*[{\[]", r"\]\s*,\s*[{\[]"
BETWEEN = r'\G((?:"(?:[^"\\]++|\\[\s\S])*+"|[^"}\]]++|[}\]](?!\s*[{\[]))*+[}\]])\s*(?=[{\[])'
SEPARATOR = "\x1e"
DELIVERED = (
    "shiftleft(coalesce(unix_date(try_cast(substring_index(substring_index(_metadata.file_path, '/ingest_date=', -1), '/', 1) "
    "as date)), 0L), 42) + "
)
MODIFIED = "unix_millis(_metadata.file_modification_time)"
# Where the text of a converted file is: the number of the member, the time of the raw file, and its place below raw. So the path
# alone shows which file a line is from.
TEXT = re.compile(r"/text/([0-9]{6})/([0-9]{14})/(.+)\.text\Z")
# Bits of a block's number that are left to the offset within a member.
MEMBER_BITS = 40


@dataclass(frozen=True)
class RawFile:
    """A raw file that a run reads, with the header found in it.

    `spans` says that some of its records span lines, `is_kept` that an earlier run loaded it. `text` is the URI of the text that
    it was converted to, if it was; an archive is one RawFile for each `member`.
    """

    uri: str
    header: Header
    spans: bool = False
    is_kept: bool = False
    text: str = ""
    member: str = ""


def by_layout(files: Iterable[RawFile]) -> Mapping[tuple[Header, bool, bool, bool], list[RawFile]]:
    """Files that can be parsed together. New and kept ones are apart, so that the lines of new ones are counted once a run."""
    groups: dict[tuple[Header, bool, bool, bool], list[RawFile]] = defaultdict(list)
    for file in files:
        groups[file.header, file.spans, file.is_kept, bool(file.text)].append(file)
    return groups


def records_text(spark: SparkSession, kind: FileKind, files: Sequence[RawFile], *, ordered: bool = False) -> DataFrame:
    """The text of every record, blank line and header of files with one layout.

    `value` is the text as stored in the file, and `file`, `block` (offset of the split; see `member_of`) and `row` (order in the
    scan) its place;
    `delivered` orders files by ingest date, then by time; it is 0 unless `ordered`.
    """
    text, header = stored_text(spark, files, ordered=ordered), files[0].header
    if header.is_whole:
        return _numbered(text, json_values())
    if header.encoding:
        text = _numbered(text, F.split(F.regexp_replace("value", r"(\r\n|\n|\r)\z", ""), r"\r\n|\n|\r"))
    else:
        if kind.layout == "jsonl":
            text = text.withColumn("value", F.explode(_objects(F.col("value"))))
        text = text.withColumn("row", F.monotonically_increasing_id())
    return _joined(text, kind) if files[0].spans else text


def stored_text(spark: SparkSession, files: Sequence[RawFile], *, ordered: bool = False) -> DataFrame:
    """The lines of files with one layout, or the whole text of each, without byte order marks."""
    # File names may contain characters that Spark would read as a pattern.
    reader = spark.read.option("__globPaths__", "false")
    header = files[0].header
    text = reader.text([file.text or file.uri for file in files], wholetext=header.is_whole or header.encoding is not None)
    text = text.select("value", *_place(files, ordered=ordered))
    value = F.col("value")
    if header.encoding:
        text = text.withColumn("value", F.decode(value.cast("binary"), header.encoding))
    return text.withColumn("value", F.when(F.startswith(value, F.lit(BOM)), F.expr("substring(value, 2)")).otherwise(value))


def ends_open(kind: FileKind) -> Column:
    """Whether a line begins a record that the next line continues."""
    if kind.layout != "csv" or not kind.quote:
        return F.lit(False)
    return only_if(F.col("value").contains(kind.quote), F.col("value").rlike(CsvPatterns(kind.delimiter, kind.quote).opens))


def _joined(text: DataFrame, kind: FileKind) -> DataFrame:
    """Records that may span lines, each at the number of its first line.

    A line maps the state before it, within quotes or not, to the state after it: it sets, keeps or flips it. So the state before
    every line follows from the last line that sets it, and the flips since.
    """
    patterns, text = CsvPatterns(kind.delimiter, kind.quote), text.withColumn("member", member_of("block"))
    opens, stays = F.col("value").rlike(patterns.opens).cast("int"), F.col("value").rlike(patterns.stays_open).cast("int")
    to_here = Window.partitionBy("file", "member").orderBy("block", "row")
    states = text.withColumns({"opens": opens, "stays": stays, "line": F.row_number().over(to_here) - 1})
    in_order = Window.partitionBy("file", "member").orderBy("line")
    states = states.withColumn("flips", F.sum((F.col("opens") > F.col("stays")).cast("int")).over(in_order))
    fixed = F.when(F.col("opens") == F.col("stays"), F.col("opens") + F.col("flips"))
    states = states.withColumn("fixed", F.coalesce(F.last(fixed, ignorenulls=True).over(in_order), F.lit(0)))
    states = states.withColumn("state", (F.col("fixed") + F.col("flips")) % 2)
    begins = F.coalesce(F.lag("state").over(in_order), F.lit(0)) == 0
    states = states.withColumn("record", F.sum(begins.cast("int")).over(in_order))
    parts = F.array_sort(F.collect_list(F.struct("line", "value")))
    return (
        states.groupBy("file", "member", "delivered", "record")
        .agg(F.array_join(F.transform(parts, lambda part: part["value"]), "\n").alias("value"), F.min("line").alias("row"))
        .select("value", "file", F.shiftleft("member", MEMBER_BITS).alias("block"), "delivered", F.col("row").cast("bigint"))
    )


def _numbered(whole: DataFrame, parts: Column) -> DataFrame:
    """The parts of each file's text, numbered from 0."""
    text = whole.select("file", "block", "delivered", F.posexplode(parts).alias("row", "value"))
    return text.select("value", "file", "block", "delivered", F.col("row").cast("bigint"))


def json_values() -> Column:
    """The JSON values of a text, elements of arrays each on their own; what is no JSON becomes one value, which is malformed."""
    text = F.col("value")
    one_array = _is_array(text) & ~text.rlike(ADJACENT) & ~text.rlike(NEXT_TO_ARRAY)
    kept = F.lit(UNREADABLE_TEXT)
    several = F.flatten(F.transform(_objects(text), lambda value: F.coalesce(_elements(value), F.array(F.left(value, kept)))))
    return F.coalesce(F.when(one_array, _elements(text)), several)


def _objects(text: Column) -> Column:
    """The values that follow one another in a text, with or without commas; almost always there is one.

    Amazon Data Firehose writes objects without line breaks between them.
    """
    broken_up = F.split(F.regexp_replace(text, BETWEEN, f"$1{SEPARATOR}"), SEPARATOR)
    pieces = F.when(text.rlike(ADJACENT), broken_up).otherwise(F.array(text))
    return F.when(
        text.rlike(ADJACENT) | text.rlike(NEXT_TO_ARRAY) | (text.rlike(NEXT_TO_OBJECT) & ~_is_array(text)),
        F.flatten(F.transform(pieces, _listed)),
    ).otherwise(F.array(text))


def _listed(piece: Column) -> Column:
    """The values of a list without brackets; a single value as it stands."""
    values = F.from_json(F.concat(F.lit("["), F.regexp_replace(piece, r",\s*\z", ""), F.lit("]")), "array<string>")
    return F.when(F.size(values) > 1, values).otherwise(F.array(piece))


def _is_array(text: Column) -> Column:
    return F.startswith(F.ltrim(text), F.lit("[")) & text.rlike(r"\]\s*\z")


def _elements(text: Column) -> Column:
    """The elements of an array; null if it is none. An element null is the text null."""
    return F.when(_is_array(text), F.transform(F.from_json(text, "array<string>"), lambda one: F.coalesce(one, F.lit("null"))))


def text_place(staging: str, file: StoredFile, raw: str, *, member: int) -> str:
    """The URI for the text of a converted file; see TEXT."""
    return f"{staging}/text/{member:06d}/{file.modified:014d}/{file.uri.removeprefix(f'{raw}/')}.text"


def member_of(block: str) -> Column:
    """The number of an archive's member, from 0, in the number of a block."""
    return F.shiftright(block, MEMBER_BITS)


def _place(files: Sequence[RawFile], *, ordered: bool) -> list[Column]:
    """The columns file, block and delivered of lines."""
    path, block = _path(files), F.col("_metadata.file_block_start")
    if not files[0].text:
        delivered = F.expr(DELIVERED + MODIFIED if ordered else "0L")
        return [path.alias("file"), block.alias("block"), delivered.alias("delivered")]
    found = TEXT.search(files[0].text)
    assert found is not None
    member, modified = (F.substring(path, found.start(part) + 1, len(found[part])).cast("bigint") for part in (1, 2))
    below = F.substring(path, found.start(3) + 1, 1 << 16)
    file = F.concat(F.lit(files[0].uri.removesuffix(found[3])), F.left(below, F.length(below) - len(".text")))
    delivered = F.expr(f"{DELIVERED} 0L") + modified if ordered else F.lit(0).cast("bigint")
    return [file.alias("file"), (F.shiftleft(member, MEMBER_BITS) + block).alias("block"), delivered.alias("delivered")]


def _path(files: Sequence[RawFile]) -> Column:
    """The URI that a line was read from. Spark percent-encodes some characters; decoding is skipped if no name has any."""
    if len(files) == 1:  # a constant is not copied with every record
        return F.lit(files[0].text or files[0].uri)
    if all(PLAIN_URI.fullmatch(file.uri) for file in files):
        return F.col("_metadata.file_path")
    return F.expr("url_decode(replace(_metadata.file_path, '+', '%2B'))")
