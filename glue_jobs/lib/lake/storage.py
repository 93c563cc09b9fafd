"""Objects under `s3://` URIs, through the Hadoop file system that Spark itself uses.

The same calls reach S3 on Glue and plain folders offline, so no job knows which of the two it runs on.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from contracts.errors import PlatformError
from glue_jobs.lib.lake.listing import Listing, StoredFile

HIDDEN = ("_", ".")
END_BYTES = 1 << 16
# Through py4j 4 KiB cost one millisecond, a MiB costs twenty.
FIRST_BYTES, HEAD_BYTES = 1 << 12, 1 << 20
LINE_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Inspection:
    """What one pass over an object shows: its hash and its beginning, or why it cannot be decompressed."""

    sha256: str
    beginning: bytes = b""
    error: str = ""


class Storage:
    """Lists, reads, hashes, moves and deletes objects; every path is a full URI."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm = cast("Any", spark._jvm)  # noqa: SLF001 - PySpark has no public API for Hadoop's file systems
        self._configuration: Any = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001
        # Each dotted name costs several calls to the JVM, so the classes used per file are looked up once.
        self._path: Any = self._jvm.org.apache.hadoop.fs.Path
        self._digests: Any = self._jvm.org.apache.commons.codec.digest.DigestUtils
        self._hex: Any = self._jvm.org.apache.commons.codec.binary.Hex
        self._hashed: Any = self._jvm.java.security.DigestInputStream
        self._unzipped: Any = self._jvm.java.util.zip.GZIPInputStream
        self._scanner: Any = self._jvm.java.util.Scanner
        self._nowhere: Any = self._jvm.java.io.OutputStream.nullOutputStream()

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._jvm)

    @cached_property
    def _parquet(self) -> tuple[Any, Any]:
        parquet = self._jvm.org.apache.parquet.hadoop
        return parquet.ParquetFileReader, parquet.util.HadoopInputFile

    def _open(self, uri: str) -> tuple[Any, Any]:
        path = self._path(uri)
        return path.getFileSystem(self._configuration), path

    def exists(self, uri: str) -> bool:
        system, path = self._open(uri)
        return bool(system.exists(path))

    def find(self, uri: str) -> StoredFile | None:
        """The object with this URI, or None."""
        system, path = self._open(uri)
        if not system.exists(path):
            return None
        status = system.getFileStatus(path)
        return StoredFile(uri, status.getLen(), status.getModificationTime())

    def checksum_of_end(self, uri: str, *, size: int) -> str:
        """The SHA-256 of the object's last bytes. In a Parquet file they hold the statistics of all columns."""
        system, path = self._open(uri)
        stream = system.open(path)
        try:
            stream.seek(max(0, size - END_BYTES))
            return hashlib.sha256(bytes(stream.readNBytes(END_BYTES))).hexdigest()
        finally:
            stream.close()

    def files(self, uri: str, *, pattern: str = "*", periods: Iterable[str] | None = None) -> list[StoredFile]:
        """All files below `uri`, at any depth, whose name matches, sorted by URI; [] if the folder does not exist.

        `periods` lists only these period=… folders.
        """
        folders = [uri] if periods is None else [f"{uri}/period={period}" for period in periods]
        return sorted((file for folder in folders for file in self._walk(folder, pattern)), key=lambda file: file.uri)

    def _walk(self, uri: str, pattern: str) -> Iterator[StoredFile]:
        system, path = self._open(uri)
        if not system.exists(path):
            return
        for file in self._listing.files(system, path):
            if not file.name.startswith(HIDDEN) and fnmatch.fnmatch(file.name, pattern):
                yield file

    def folders(self, uri: str) -> list[str]:
        """Names of the folders directly below `uri`, sorted; hidden ones are left out, and [] if `uri` does not exist."""
        system, path = self._open(uri)
        if not system.exists(path):
            return []
        names = [str(status.getPath().getName()) for status in system.listStatus(path) if status.isDirectory()]
        return sorted(name for name in names if not name.startswith(HIDDEN))

    def inspect(self, uri: str) -> Inspection:
        """Reads the object once, in constant memory: its hash, and its first line, decompressed where the name ends in .gz.

        `beginning` is short; it is up to a MiB if the first line is longer or binary data follows it.
        """
        system, path = self._open(uri)
        digest = self._digests.getSha256Digest()
        raw = self._hashed(system.open(path), digest)
        try:
            text = self._unzipped(raw) if uri.endswith(".gz") else raw
            beginning = bytes(text.readNBytes(FIRST_BYTES))
            zero = self._scanner(text, "ISO-8859-1").findWithinHorizon("\\x00", HEAD_BYTES)
            text.transferTo(self._nowhere)  # to the end, or a cut-off .gz would pass
            raw.transferTo(self._nowhere)
        except Py4JJavaError:
            if not uri.endswith(".gz"):
                raise
            return Inspection(self.sha256(uri), error=_undecompressed(uri))
        finally:
            raw.close()
        needs_more = zero is not None or not LINE_END.search(beginning.lstrip())
        if needs_more and len(beginning) == FIRST_BYTES:
            beginning = self.head(uri)
        return Inspection(self._hex.encodeHexString(digest.digest()), beginning)

    def is_parquet(self, uri: str) -> bool:
        """Whether the object ends as a Parquet file does, with the description of its content."""
        system, path = self._open(uri)
        if not system.getFileStatus(path).isFile():
            return False
        try:
            self._footer(path).close()
        except Py4JJavaError:
            return False
        return True

    def rows(self, uri: str) -> int:
        """Rows of a Parquet file, from its footer."""
        _, path = self._open(uri)
        reader = self._footer(path)
        try:
            return int(reader.getRecordCount())
        finally:
            reader.close()

    def column_names(self, uri: str) -> list[str] | None:
        """The columns of a Parquet file, from its footer; None if it does not end as a Parquet file does."""
        _, path = self._open(uri)
        try:
            reader = self._footer(path)
        except Py4JJavaError:
            return None
        try:
            return [str(field.getName()) for field in reader.getFileMetaData().getSchema().getFields()]
        finally:
            reader.close()

    def _footer(self, path: Any) -> Any:
        reader, file = self._parquet
        return reader.open(file.fromPath(path, self._configuration))

    def sha256(self, uri: str) -> str:
        """The hash of the object, streamed through the JVM in constant memory."""
        system, path = self._open(uri)
        stream = system.open(path)
        try:
            return str(self._digests.sha256Hex(stream))
        finally:
            stream.close()

    def head(self, uri: str, *, limit: int = HEAD_BYTES) -> bytes:
        """The first `limit` bytes, decompressed where the name ends in .gz."""
        system, path = self._open(uri)
        stream = system.open(path)
        try:
            if uri.endswith(".gz"):
                stream = self._unzipped(stream)
            return bytes(stream.readNBytes(limit))
        except Py4JJavaError as error:
            raise PlatformError(_undecompressed(uri)) from error
        finally:
            stream.close()

    def read_text(self, uri: str) -> str:
        return self.head(uri, limit=1 << 30).decode()

    def download(self, uri: str, path: Path) -> None:
        """Copies an object to a file of this machine."""
        system, source = self._open(uri)
        system.copyToLocalFile(False, source, self._path(path.as_uri()), True)

    def upload(self, path: Path, uri: str) -> None:
        """Copies a file of this machine to an object."""
        system, target = self._open(uri)
        system.copyFromLocalFile(False, True, self._path(path.as_uri()), target)

    def write_text(self, uri: str, text: str) -> None:
        """Writes the object in one PUT: readers see the old or the new object, never a part."""
        system, path = self._open(uri)
        stream = system.create(path, True)
        stream.write(text.encode())
        stream.close()

    def delete(self, uri: str) -> None:
        """Deletes an object or everything below a prefix; does nothing if there is none."""
        system, path = self._open(uri)
        system.delete(path, True)

    def move(self, source: str, target: str) -> None:
        """Replaces `target` by `source`; readers of `target` see the old bytes or the new ones.

        A rename replaces the target at once in local folders. S3 file systems refuse to overwrite by rename; there the
        object is copied, which becomes visible in one step.
        """
        system, path = self._open(source)
        target_system, target_path = self._open(target)
        target_system.mkdirs(target_path.getParent())
        if target_system.exists(target_path) and target_system.getFileStatus(target_path).isDirectory():
            target_system.delete(target_path, True)  # a file would be moved into the folder
        if target_system.exists(target_path) or not system.rename(path, target_path):
            util = self._jvm.org.apache.hadoop.fs.FileUtil
            if not util.copy(system, path, target_system, target_path, True, True, self._configuration):
                raise PlatformError(f"{target}: could not be written from {source}; check space and write permission.")


def _undecompressed(uri: str) -> str:
    return f"{uri}: is named .gz but cannot be decompressed, or is cut off; export it again."
