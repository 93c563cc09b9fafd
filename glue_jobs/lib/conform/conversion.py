"""Looks into raw files, and converts those that Spark cannot read as lines.

The text of converted files goes into the run's staging, and is removed with it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from contracts.errors import SourceError
from glue_jobs.lib.conform.raw_text import RawFile, text_place
from glue_jobs.lib.formats.texts import converted_header, is_converted, texts
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.storage import HEAD_BYTES, Inspection
from glue_jobs.lib.source_definition.header import Header, read_header
from glue_jobs.lib.source_definition.source import FileKind, Source


@dataclass
class Converter:
    """Converts each file once per run, one at a time: on the driver, through its disk, in constant memory."""

    lake: Lake
    source: Source
    staging: str
    _done: dict[str, list[RawFile]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def inspect(self, kind: FileKind, file: StoredFile) -> Inspection:
        """The hash of a file and, if Spark reads it as it is, its beginning."""
        if is_converted(kind, file.name):
            return Inspection(self.lake.storage.sha256(file.uri))
        return self.lake.storage.inspect(file.uri)

    def raw_files(self, kind: FileKind, file: StoredFile, beginning: bytes) -> list[RawFile]:
        """What a run reads of a file; SourceError if that cannot be."""
        if is_converted(kind, file.name):
            return self.files(kind, file)
        try:
            return [RawFile(file.uri, read_header(kind, beginning, file=file.name))]
        except SourceError:
            # The header may follow a preamble that is longer than the beginning.
            whole = self.lake.storage.head(file.uri)
            if len(whole) == len(beginning):
                raise
            return [RawFile(file.uri, read_header(kind, whole, file=file.name))]

    def files(self, kind: FileKind, file: StoredFile) -> list[RawFile]:
        """The texts of a raw file, one for each member if it is an archive; SourceError if it cannot be read whole."""
        with self._lock:
            if file.uri not in self._done:
                self._done[file.uri] = self._convert(kind, file)
            return self._done[file.uri]

    def _convert(self, kind: FileKind, file: StoredFile) -> list[RawFile]:
        converted: list[RawFile] = []
        with tempfile.TemporaryDirectory(prefix="shoplake-") as folder:
            raw, copy = Path(folder) / "raw", Path(folder) / "text"
            self.lake.storage.download(file.uri, raw)
            for number, text in enumerate(texts(kind, raw, name=file.name, timezone=self.source.timezone)):
                with copy.open("wb") as target:
                    for chunk in text.chunks:
                        target.write(chunk)
                header = _header(kind, copy, name=text.name)
                place = text_place(self.staging, file, self.lake.raw, member=number)
                self.lake.storage.upload(copy, place)
                converted.append(RawFile(file.uri, header, text=place, member=text.member))
        return converted


def _header(kind: FileKind, text: Path, *, name: str) -> Header:
    with text.open("rb") as file:
        return converted_header(kind, file.read(HEAD_BYTES), file=name)
