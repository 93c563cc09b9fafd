"""What Spark makes of the plans that read records: the code that runs for every line, and the size of what it optimizes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contracts import load
from glue_jobs.lib.conform.conform_source import periods_of
from glue_jobs.lib.conform.parsing import SUSPICIONS, read_records
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.conform.transform import RecordTransformer
from glue_jobs.lib.lake.context import SESSION, Lake, parse, parser
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import FileKind
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from tests.support.shops import Shop
from tests.support.spark_settings import changed_settings

SOURCES = resources.files("glue_jobs") / "sources"
# Java compiles no function that is longer.
LONGEST = int(SESSION["spark.sql.codegen.hugeMethodLimit"])


@pytest.fixture
def generating(spark: SparkSession) -> Iterator[SparkSession]:
    """A session that generates code as in production."""
    settings = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.hugeMethodLimit": "65535"}
    with changed_settings(spark, settings):
        yield spark


def _csv_kinds() -> Iterator[Any]:
    for source in (load_source(SOURCES, name) for name in source_names(SOURCES)):
        for kind in source.kinds.values():
            if kind.layout == "csv":
                yield pytest.param(kind, source.timezone, id=f"{source.name}-{kind.name}")


@pytest.mark.parametrize(("kind", "timezone"), list(_csv_kinds()))
def test_a_record_is_read_by_functions_that_java_compiles(
    generating: SparkSession, tmp_path: Path, kind: FileKind, timezone: str
) -> None:
    # GIVEN a file of one of the sources
    file = _empty_file(kind, tmp_path)
    # WHEN Spark generates code for its records
    records = read_records(generating, kind, [file], timezone=timezone).drop(SUSPICIONS)
    plan = records._jdf.queryExecution().executedPlan()
    debug: Any = generating._jvm.org.apache.spark.sql.execution.debug  # type: ignore[union-attr]
    generated = getattr(getattr(debug, "package$"), "MODULE$").codegenStringSeq(plan)
    sizes = [generated.apply(step)._3().maxMethodCodeSize() for step in range(generated.size())]
    # THEN each row is copied once only between its steps: where a line is taken apart, which Spark does not generate
    steps = [line.lstrip(" +-:") for line in plan.treeString().splitlines()]
    assert [step.split()[0] for step in steps].count("Project") == 1
    assert max(sizes) < LONGEST


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(periods_of, id="periods"),
        pytest.param(lambda checked: checked.where("period = '2026-01' or _record.file = 'new'"), id="rows"),
    ],
)
def test_the_optimizer_does_not_repeat_the_text_of_columns(spark: SparkSession, lake_root: Path, asked: Any) -> None:
    # GIVEN the checked records of a log
    lake = Lake.open(parse(parser(""), Shop(spark, lake_root, "plans").arguments()))
    source = load_source(SOURCES, "rees46")
    transformer, kind = RecordTransformer(lake, source), source.kinds["events"]
    records = transformer.records(kind, [_empty_file(kind, lake_root)])
    checked = transformer.checked(load("events"), {"raw_events": records})
    # WHEN Spark optimizes what a job asks of them
    with changed_settings(spark, {"spark.sql.debug.maxToStringFields": "10000"}):
        plan = asked(checked)._jdf.queryExecution()
        written, optimized = len(plan.analyzed().toString()), len(plan.optimizedPlan().toString())
    # THEN its expressions are about as long as they were written, not a multiple of that
    assert optimized < 2 * written


def _empty_file(kind: FileKind, folder: Path) -> RawFile:
    file = folder / "file.csv"
    file.write_text("")
    return RawFile(file.as_uri(), Header(line=kind.delimiter.join(column.name for column in kind.columns), columns=kind.columns))
