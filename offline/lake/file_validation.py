"""A file on its way into the raw zone, held against what its source declares before a byte of it is copied."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.header import read_header
from glue_jobs.lib.source_definition.source import FileKind, Source

BEGINNING = 1 << 20
# The jobs pass over objects with such names: Spark's own markers, and what is not finished yet.
HIDDEN = ("_", ".")
# Spark takes a path as a pattern.
PATTERN = frozenset("*?[]{}\\\n\r")


@dataclass(frozen=True)
class ValidatedFile:
    """A file that may land: its kind, the ingest date it gets, and what its sender should know."""

    path: Path
    kind: FileKind
    date: date
    notes: tuple[str, ...] = ()


def validate_file(source: Source, path: Path, *, kind: str | None, day: date, progress: Callable[[int], None]) -> ValidatedFile:
    """Checks one file against the source's declared files; LakeError in one sentence for whatever speaks against it.

    A gzip file is read to its end, as one that is cut off could never be taken back out of raw; others for their first
    MiB. `progress` gets the bytes of the file that were read.
    """
    _is_file(path)
    found = _named_kind(source, kind) if kind else source.kind_of(path.name)
    if path.name.startswith(HIDDEN) or PATTERN.intersection(path.name):
        raise LakeError(
            f"{path.name}: jobs skip names that begin with _ or ., and cannot read names with *?[]{{}}\\ or a line break; "
            "rename the file."
        )
    try:
        beginning = _beginning(path, progress)
    except OSError as error:
        raise LakeError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None
    header = read_header(found, beginning, file=path.name)
    notes = []
    if header.undeclared:
        notes.append(f"columns that {source.name} does not declare will not be loaded: {', '.join(header.undeclared)}")
    if header.line and not beginning.partition(b"\n")[2].strip():
        notes.append("holds a header and no rows")
    if bad := _undecodable_line(beginning, found):
        notes.append(f"line {bad} is not {' or '.join(found.encodings)}; such lines go to quarantine")
    return ValidatedFile(path=path, kind=found, date=day, notes=tuple(notes))


def _is_file(path: Path) -> None:
    if path.is_dir():
        raise LakeError(f"{path}: is a folder; name the files in it, as in {path}/*.csv.")
    if not path.exists():
        raise LakeError(f"{path}: there is no such file; check its name and folder.")
    if not path.is_file():
        raise LakeError(f"{path}: is not a regular file; save its content to one and land that.")


def _named_kind(source: Source, kind: str) -> FileKind:
    if kind not in source.kinds:
        raise LakeError(f"--kind {kind}: {source.name} has no such kind of file; choose one of {', '.join(source.kinds)}.")
    return source.kinds[kind]


def _beginning(path: Path, progress: Callable[[int], None]) -> bytes:
    with path.open("rb") as file:
        if path.suffix != ".gz":
            return file.read(BEGINNING)
        try:
            with gzip.GzipFile(fileobj=file) as text:
                beginning, done = text.read(BEGINNING), 0
                while text.read(BEGINNING):
                    progress(file.tell() - done)
                    done = file.tell()
                return beginning
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise LakeError(
                f"{path.name}: is named .gz but cannot be decompressed ({str(error).rstrip('.')}); "
                "compress it again, or name it for what it is."
            ) from None


def _undecodable_line(beginning: bytes, kind: FileKind) -> int | None:
    """The first line in the beginning that no declared encoding reads, from 1; None where all can be read."""
    try:
        beginning.decode(kind.encodings[0])
    except UnicodeDecodeError as error:
        cut_off = len(beginning) == BEGINNING and error.start > BEGINNING - 4
        if len(kind.encodings) == 1 and not cut_off:
            return beginning.count(b"\n", 0, error.start) + 1
    return None
