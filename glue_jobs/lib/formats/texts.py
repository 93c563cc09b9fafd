"""The front door: any file that a source may deliver, as the text of its records.

A line of that text is a line of the file, a row of the sheet, or a record of Parquet or Avro, so line numbers are places.
Everything is read piece by piece; only what must be read from its end is first copied to a temporary file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import SourceError
from glue_jobs.lib.formats import archive, avro, compressed, parquet, workbook
from glue_jobs.lib.formats.limits import CHUNK
from glue_jobs.lib.source_definition.file_names import compression, is_archive
from glue_jobs.lib.source_definition.header import Header, read_header
from glue_jobs.lib.source_definition.source import FileKind

# Formats whose records have types; each reader yields lines as bytes.
Reader = Callable[..., Iterator[bytes]]
READERS: dict[str, Reader] = {"xlsx": workbook.lines, "parquet": parquet.lines, "avro": avro.lines}


@dataclass(frozen=True)
class Text:
    """The text of a file, or of one member of an archive, to be read once and before the next one."""

    name: str
    member: str
    chunks: Iterator[bytes]

    def beginning(self, limit: int) -> bytes:
        """The first bytes; the others are read and dropped, because only the end shows whether all is readable."""
        first = b""
        for chunk in self.chunks:
            if len(first) < limit:
                first += chunk[: limit - len(first)]
        return first


def is_converted(kind: FileKind, name: str) -> bool:
    """Whether a file has to be converted to text before Spark reads it. Spark knows gzip by the suffix .gz alone."""
    packed = compression(name)
    return kind.is_typed or is_archive(name) or (bool(packed) and not name.endswith(".gz"))


def converted_header(kind: FileKind, beginning: bytes, *, file: str) -> Header:
    """The layout of a converted text. Formats with a schema have none to look for, and may have no records."""
    if kind.is_typed and kind.layout != "csv":
        return Header(line="", columns=kind.columns)
    return read_header(kind, beginning, file=file)


def texts(kind: FileKind, path: Path, *, name: str, timezone: str) -> Generator[Text, None, None]:
    """The texts of a file; SourceError names it if it cannot be read whole. `timezone` is that of times without an offset."""
    if not path.stat().st_size:
        raise SourceError(f"{name}: the file is empty; export it again, or do not land it.")
    if not is_archive(name):
        yield Text(name, "", _content(kind, path, name=name, timezone=timezone))
        return
    with archive.opened(path, file=name) as opened:
        for member in archive.members(opened, file=name):
            place = f"{name}!/{member.filename}"
            chunks = archive.content(opened, member, file=name)
            if not is_converted(kind, member.filename) and not compression(member.filename):
                yield Text(place, member.filename, chunks)
                continue
            with spooled(chunks) as copy:
                yield Text(place, member.filename, _content(kind, copy, name=place, timezone=timezone))


def _content(kind: FileKind, path: Path, *, name: str, timezone: str) -> Iterator[bytes]:
    if packed := compression(name):
        chunks = compressed.content(path, packed, file=name)
        if not kind.is_typed:
            yield from chunks
            return
        with spooled(chunks) as copy:
            yield from READERS[kind.format](kind, copy, file=name, timezone=timezone)
    elif kind.is_typed:
        yield from READERS[kind.format](kind, path, file=name, timezone=timezone)
    else:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


@contextmanager
def spooled(chunks: Iterable[bytes]) -> Iterator[Path]:
    """A temporary file with these bytes."""
    with tempfile.NamedTemporaryFile(prefix="shoplake-") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        yield Path(file.name)
