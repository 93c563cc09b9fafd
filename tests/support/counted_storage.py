"""A file system below `s3://` that counts opens and can wait before each, for Spark's tasks and the driver alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from offline.twin.spark.folders import SCHEME, compiled

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NAME, TARGET = "CountedFileSystem", f"fs.{SCHEME}.impl"
JAVA = """
public class CountedFileSystem extends shoplake.Folders {
    public static final java.util.Queue opened = new java.util.concurrent.ConcurrentLinkedQueue();

    public org.apache.hadoop.fs.FSDataInputStream open(org.apache.hadoop.fs.Path path, int size) throws java.io.IOException {
        opened.add(path.toUri().getPath());
        try {
            Thread.sleep(DELAY);
        } catch (InterruptedException error) {
            throw new java.io.InterruptedIOException();
        }
        return super.open(path, size);
    }
}
"""


@contextmanager
def counted_storage(spark: SparkSession, buckets: Sequence[str], *, delay: int = 0) -> Iterator[Callable[[], Counter[str]]]:
    """Replaces the buckets' file system; each open waits for `delay` ms. Yields a function: opens by path since its last call."""
    jvm: Any = spark._jvm
    configuration: Any = spark.sparkContext._jsc.hadoopConfiguration()
    target, loader = configuration.get(TARGET), configuration.getClassLoader()
    counted = compiled(jvm, loader, JAVA.replace("DELAY", str(delay)))
    opened = counted.loadClass(NAME).getField("opened").get(None)
    configuration.setClassLoader(counted)
    _remount(jvm, configuration, buckets, NAME)

    def count() -> Counter[str]:
        paths = str(jvm.java.lang.String.join("\0", opened))
        opened.clear()
        return Counter(paths.split("\0"))

    try:
        yield count
    finally:
        configuration.setClassLoader(loader)
        _remount(jvm, configuration, buckets, target)


def _remount(jvm: Any, configuration: Any, buckets: Sequence[str], target: str | None) -> None:
    """Every later access takes the file system from Hadoop's cache, so the first one decides."""
    for bucket in buckets:
        root = jvm.org.apache.hadoop.fs.Path(f"s3://{bucket}/")
        root.getFileSystem(configuration).close()
        configuration.set(TARGET, target) if target else configuration.unset(TARGET)
        root.getFileSystem(configuration)
