"""What counting lines costs an ordinary line."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from glue_jobs.lib.conform import line_counts
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.source_definition.header import read_header
from glue_jobs.lib.source_definition.source import FileKind
from glue_jobs.lib.source_definition.source_loader import load_source
from tests.support.shops import REES46_HEADER, event


def test_ordinary_lines_are_not_compared_name_by_name(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a log in which the first line alone looks like a header, and a comparison of names that fails for others
    kind = load_source(resources.files("glue_jobs") / "sources", "rees46").kinds["events"]
    lines = [REES46_HEADER, *[event(f"2019-10-0{day} 00:00:00", "view", "p1") for day in range(1, 4)]]
    file = tmp_path / "log.csv"
    file.write_text("\n".join(lines), encoding="utf-8")

    compared = line_counts._bare

    def fail(kind: FileKind, text: Column) -> Column:
        error = F.raise_error(F.concat(F.lit("compared name by name: "), text)).cast("string")
        return F.when(text == REES46_HEADER, compared(kind, text)).otherwise(error)

    monkeypatch.setattr(line_counts, "_bare", fail)
    # WHEN the lines are counted
    header = read_header(kind, file.read_bytes(), file=file.name)
    (row,) = line_counts.line_counts(spark, kind, [RawFile(file.as_uri(), header)]).collect()
    # THEN no line was compared; Spark computes what two conditions have in common for every line, unless that is prevented
    assert (row.lines, row.headers, row.records, row.other_headers) == (4, 1, 3, 0)
