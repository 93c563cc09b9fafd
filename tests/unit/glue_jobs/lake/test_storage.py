"""Objects as jobs see them: what a listing has, and what one pass over an object finds out."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.lake import context
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.listing import Listing
from glue_jobs.lib.lake.storage import Storage

PLACE = "s3://shoplake-raw/objects"
TAGGED = """
import java.io.IOException;
import org.apache.hadoop.fs.*;

public class TaggedFileSystem extends RawLocalFileSystem {
    public static class Tagged extends LocatedFileStatus implements EtagSource {
        public Tagged(FileStatus status) throws IOException { super(status, new BlockLocation[0]); }
        public String getEtag() { return getLen() == 0 ? null : "tag-" + getLen(); }
    }

    public boolean hasPathCapability(Path path, String capability) { return "fs.capability.etags.available".equals(capability); }

    public RemoteIterator listFiles(Path path, boolean recursive) throws IOException {
        final RemoteIterator files = super.listFiles(path, recursive);
        return new RemoteIterator() {
            public boolean hasNext() throws IOException { return files.hasNext(); }
            public Object next() throws IOException { return new Tagged((FileStatus) files.next()); }
        };
    }
}
"""
CUT_OFF = "is named .gz but cannot be decompressed, or is cut off; export it again."


@pytest.fixture
def folder(lake_root: Path) -> Path:
    path = lake_root / "s3/shoplake-raw/objects"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def storage(spark: SparkSession) -> Storage:
    return Storage(spark)


def test_a_listing_has_every_object_at_any_depth(storage: Storage, folder: Path) -> None:
    names = ["a.csv", "x=1/b c.csv", "x=1/y=2/odd; length=7}, {.csv", "x=1/ü, [1].csv"]
    for size, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"z" * size)
    (folder / "x=1/_SUCCESS").touch()
    (folder / "empty").mkdir()
    files = storage.files(PLACE)
    assert [(file.uri, file.size) for file in files] == [(f"{PLACE}/{name}", size) for size, name in enumerate(names)]
    assert [file.modified for file in files] == [(folder / name).stat().st_mtime_ns // 1_000_000 for name in names]
    assert [file.name for file in storage.files(PLACE, pattern="b*.csv")] == ["b c.csv"]
    assert storage.files(f"{PLACE}/empty") == storage.files(f"{PLACE}/none") == []


def test_a_listing_of_an_object_store_has_etags(spark: SparkSession, folder: Path) -> None:
    # GIVEN a file system that has ETags, as those of S3
    jvm: Any = spark._jvm
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
    compiler.cook(TAGGED)
    system = compiler.getClassLoader().loadClass("TaggedFileSystem").newInstance()
    system.initialize(jvm.java.net.URI("file:///"), spark.sparkContext._jsc.hadoopConfiguration())
    for size, name in enumerate(("a.csv", "x=1/b.csv", "x=1/y=2/c.csv")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"z" * size)
    # WHEN
    files = Listing(jvm).files(system, jvm.org.apache.hadoop.fs.Path(folder.as_uri()))
    # THEN
    assert sorted((file.name, file.size, file.etag) for file in files) == [
        ("a.csv", 0, None),
        ("b.csv", 1, "tag-1"),
        ("c.csv", 2, "tag-2"),
    ]


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"", 0),
        (b"id,name\n1,x\n", 12),
        (b"id,name\n" + b"1,x\n" * 5000, 4096),
        (b"id,name\r" + b"1,x\r" * 5000, 4096),
        (b"i" * 5000 + b"\n1\n", 5003),  # a long first line
        (b"\n" * 5000 + b"id\n", 5003),  # blank lines first
        (b"\n" + b"i" * 5000 + b"\n1\n", 5004),
        (b"id\n" + b"1\n" * 5000 + b"\x00", 10004),  # binary data where the first 4 KiB are text
        (b"i" * (1 << 20) + b"\n1\n", 1 << 20),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_the_beginning_of_an_object_has_its_first_line(
    storage: Storage, folder: Path, content: bytes, read: int, name: str
) -> None:
    stored = gzip.compress(content) if name.endswith(".gz") else content
    (folder / name).write_bytes(stored)
    inspection = storage.inspect(f"{PLACE}/{name}")
    assert (inspection.sha256, inspection.error) == (hashlib.sha256(stored).hexdigest(), "")
    assert inspection.beginning == content[:read]


@pytest.mark.parametrize("content", [b"id\n1\n", gzip.compress(b"id\n" + b"1,2,3\n" * 9000)[:-9]], ids=["text", "cut off"])
def test_an_object_that_cannot_be_decompressed_has_a_hash_and_an_error(storage: Storage, folder: Path, content: bytes) -> None:
    (folder / "a.csv.gz").write_bytes(content)
    inspection = storage.inspect(f"{PLACE}/a.csv.gz")
    assert (inspection.sha256, inspection.error) == (hashlib.sha256(content).hexdigest(), f"{PLACE}/a.csv.gz: {CUT_OFF}")


def test_several_gzip_members_are_one_object(storage: Storage, folder: Path) -> None:
    content = gzip.compress(b"id\n") + gzip.compress(b"1\n")
    (folder / "a.csv.gz").write_bytes(content)
    inspection = storage.inspect(f"{PLACE}/a.csv.gz")
    assert inspection.sha256 == hashlib.sha256(content).hexdigest()
    assert inspection.beginning == b"id\n1\n"


@pytest.mark.parametrize("footers", [200, 1])
def test_rows_by_partition_are_those_that_were_written(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch, footers: int
) -> None:
    # GIVEN two periods, one of them in two files, and more or fewer files than the driver reads itself
    monkeypatch.setattr(context, "FOOTERS", footers)
    rows = spark.range(5).selectExpr("id", "if(id < 4, '2025-01', '2025-02') as period")
    rows.repartition(2, "id").write.partitionBy("period").parquet(f"{PLACE}/table")
    (folder / "table/_SUCCESS").touch()
    lake = Lake(spark, "", "", "", "month", Path(), Path())
    # THEN
    assert len(list(folder.glob("table/period=2025-01/*.parquet"))) == 2
    assert context.rows_by_partition(lake, f"{PLACE}/table") == {"2025-01": 4, "2025-02": 1}
    # AND a table without periods has those of its source
    rows.drop("period").selectExpr("id", "'s' as source").write.partitionBy("source").parquet(f"{PLACE}/whole")
    assert context.rows_by_partition(lake, f"{PLACE}/whole", by="source") == {"s": 5}
