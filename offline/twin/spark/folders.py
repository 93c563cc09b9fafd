"""Buckets as folders of this machine: a file system for Spark that starts no process for each file that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

CODE = Path(__file__).with_name("Folders.java")
SCHEME = "folder"
OVERLAY = "org.apache.hadoop.fs.viewfs"


def s3_on_folders(buckets: Mapping[str, Path]) -> dict[str, str]:
    """Settings of Hadoop's view file system that map every s3:// path of a bucket to its folder, so jobs keep their URIs."""
    conf = {
        "spark.hadoop.fs.s3.impl": f"{OVERLAY}.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.viewfs.overload.scheme.target.s3.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        f"spark.hadoop.fs.{SCHEME}.impl": "shoplake.Folders",
    }
    for bucket, folder in buckets.items():
        folder.mkdir(parents=True, exist_ok=True)
        uri = folder.resolve().as_uri().replace("file:", f"{SCHEME}:", 1)
        conf[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = uri
    return conf


def open_folders(spark: SparkSession, buckets: Iterable[str]) -> None:
    """Compiles the file system, and opens the buckets in it. Hadoop keeps an open file system for all threads of the process."""
    jvm: Any = spark._jvm  # noqa: SLF001 - PySpark has no public API for Hadoop's file systems
    configuration: Any = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001
    configuration.setClassLoader(compiled(jvm, configuration.getClassLoader(), CODE.read_text(encoding="utf-8")))
    for bucket in buckets:
        path = jvm.org.apache.hadoop.fs.Path(f"s3://{bucket}/")
        path.getFileSystem(configuration).exists(path)


def compiled(jvm: Any, parent: Any, code: str) -> Any:
    """A class loader with the classes of this Java code, and of `parent`. Spark compiles its plans with the same compiler."""
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(parent)
    compiler.cook(code)
    return compiler.getClassLoader()
