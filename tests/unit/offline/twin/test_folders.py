"""Spark's files in the folders of this machine: plain files, made without starting a process for each."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from glue_jobs.lib.lake.storage import Storage


def test_a_file_has_no_checksum_beside_it_and_nobody_runs_chmod(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN a file in a new folder
    storage, uri = Storage(spark), "s3://shoplake-raw/folders/new folder/é.txt"
    storage.write_text(uri, "text")
    place = lake_root / "s3/shoplake-raw/folders/new folder"
    assert [(file.name, file.read_text()) for file in place.iterdir()] == [("é.txt", "text")]
    before = [path.stat().st_mode for path in (place, place / "é.txt")]
    # WHEN
    system, path = storage._open(uri)
    hadoop = spark._jvm.org.apache.hadoop.fs  # type: ignore[union-attr]
    for one in (path, path.getParent()):
        system.setPermission(one, hadoop.permission.FsPermission("000"))
    # THEN
    assert [path.stat().st_mode for path in (place, place / "é.txt")] == before


def test_tasks_write_and_read_in_all_buckets(spark: SparkSession, lake_root: Path) -> None:
    for bucket in ("raw", "processed", "curated"):
        place = f"s3://shoplake-{bucket}/folders/{bucket}"
        spark.range(9).repartition(2).write.parquet(place)
        assert spark.read.parquet(place).count() == 9
        files = list((lake_root / f"s3/shoplake-{bucket}/folders/{bucket}").iterdir())
        assert sorted(file.suffix for file in files) == ["", ".parquet", ".parquet"]
