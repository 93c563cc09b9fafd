"""The fields of CSV records, split where nothing is quoted and parsed otherwise, against Python's csv module."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.conform.parsing import read_records
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.source_definition.header import read_header
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

NAMES = ("one", "two", "three")
CELLS = ("", " ", "a", " padded ", "é ü 京", "1,5", "x;y", "a|b", "a\tb", 'say "hi"', '"', "it's", "a\\b", "-", "[x]", ".*")
COLUMNS = tuple(RawColumn(name, optional=name == "three") for name in NAMES)


def _read(spark: SparkSession, kind: FileKind, file: Path) -> list[tuple[str | None, ...]]:
    header = read_header(kind, file.read_bytes(), file=file.name)
    records = read_records(spark, kind, [RawFile(file.as_uri(), header)], timezone="UTC")
    return [tuple(row) for row in records.orderBy("_record.row").select("_record.broken", *NAMES).collect()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_record_has_the_fields_that_pythons_reader_finds(spark: SparkSession, tmp_path: Path, delimiter: str) -> None:
    # GIVEN records of which some are quoted throughout, some where they must be, and some nowhere
    chance, text = random.Random(7), io.StringIO()
    where_needed = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    everywhere = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    where_needed.writerow(NAMES)
    for _ in range(200):
        chance.choice((where_needed, everywhere)).writerow(chance.choices(CELLS, k=3))
    file = tmp_path / "lines.csv"
    file.write_text(text.getvalue(), encoding="utf-8")
    # WHEN
    kind = FileKind(name="lines", glob=("*.csv",), columns=COLUMNS, delimiter=delimiter, nulls=())
    read = _read(spark, kind, file)
    # THEN
    _, *expected = csv.reader(io.StringIO(text.getvalue()), delimiter=delimiter)
    assert [(broken, *[cell or None for cell in cells]) for broken, *cells in read] == [
        (None, *[cell or None for cell in cells]) for cells in expected
    ]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a,b", (None, "a", "b", None)),
        ("a,b,c,", (None, "a", "b", "c")),
        ('"a",b', (None, "a", "b", None)),
        ('a,"b",c,,', (None, "a", "b", "c")),
        ("a,b,c,d", (["malformed_record"], "a", "b", "c")),
        ("a", (["malformed_record"], "a", None, None)),
    ],
)
def test_fields_may_lack_or_be_empty_at_the_end(
    spark: SparkSession, tmp_path: Path, line: str, fields: tuple[list[str] | str | None, ...]
) -> None:
    file = tmp_path / "lines.csv"
    file.write_text(f"one,two,three\n{line}\n", encoding="utf-8")
    assert _read(spark, FileKind(name="lines", glob=("*.csv",), columns=COLUMNS), file) == [fields]
