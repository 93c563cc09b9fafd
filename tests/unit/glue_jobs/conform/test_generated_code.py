"""What Spark generates for reading records, which runs once for every line of every file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.conform.parsing import SUSPICIONS, read_records
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.lake.context import SESSION
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import FileKind
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
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
    file = tmp_path / "file.csv"
    file.write_text("")
    header = Header(line=kind.delimiter.join(column.name for column in kind.columns), columns=kind.columns)
    # WHEN Spark generates code for its records
    records = read_records(generating, kind, [RawFile(file.as_uri(), header)], timezone=timezone).drop(SUSPICIONS)
    plan = records._jdf.queryExecution().executedPlan()
    debug: Any = generating._jvm.org.apache.spark.sql.execution.debug  # type: ignore[union-attr]
    generated = getattr(getattr(debug, "package$"), "MODULE$").codegenStringSeq(plan)
    sizes = [generated.apply(step)._3().maxMethodCodeSize() for step in range(generated.size())]
    # THEN each row is copied once only between its steps: where a line is taken apart, which Spark does not generate
    steps = [line.lstrip(" +-:") for line in plan.treeString().splitlines()]
    assert [step.split()[0] for step in steps].count("Project") == 1
    assert max(sizes) < LONGEST
