"""Validates a file against its source before it is copied into raw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.document import few
from contracts.errors import SourceError, UsageError
from glue_jobs.lib.formats.texts import Text, converted_header, is_converted, texts
from glue_jobs.lib.source_definition.encodings import BOM
from glue_jobs.lib.source_definition.file_names import compression, is_readable
from glue_jobs.lib.source_definition.header import Header, read_header
from glue_jobs.lib.source_definition.json_layout import LINE_END
from glue_jobs.lib.source_definition.source import FileKind, Source

BEGINNING = 1 << 20
NAMED = 12  # columns in one sentence
# So much gzip keeps one core busy for seconds, while the others wait.
LARGE_GZIP = 16 << 20
# Jobs skip objects with these prefixes: Spark's markers and unfinished files.
HIDDEN = ("_", ".")


@dataclass(frozen=True)
class ValidatedFile:
    """A file that may land: its kind, its ingest date, and notes for the user."""

    path: Path
    kind: FileKind
    date: date
    notes: tuple[str, ...] = ()


def validate_file(source: Source, path: Path, *, kind: str | None, day: date, progress: Callable[[int], None]) -> ValidatedFile:
    """Validates one file against the file kinds of its source; SourceError if it does not fit.

    A packed file, or one in a format with types, is read to its end, because a truncated one could never be removed from raw; of
    other files the first MiB is read. `progress` receives the number of bytes read.
    """
    _is_file(path)
    file_kind = _named_kind(source, kind) if kind else source.kind_of(path.name)
    if path.name.startswith(HIDDEN) or not is_readable(path.name):
        raise SourceError(
            f"{path.name}: jobs skip names that begin with _ or ., and cannot read names with :*?[]{{}}\\ or a line break; "
            "rename the file."
        )
    try:
        if is_converted(file_kind, path.name) or compression(path.name):
            parts = [(text.name, text.beginning(BEGINNING)) for text in _texts(source, file_kind, path)]
            progress(path.stat().st_size)
            headers = [(converted_header(file_kind, part, file=name), part) for name, part in parts]
        else:
            with path.open("rb") as file:
                beginning = file.read(BEGINNING)
            headers = [(read_header(file_kind, beginning, file=path.name), beginning)]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None
    notes = [note for header, part in headers for note in _notes(source, file_kind, header, part)]
    size = path.stat().st_size
    if compression(path.name) and not is_converted(file_kind, path.name) and size > LARGE_GZIP:
        notes.append(f"{size >> 20} MiB of gzip are read by one task; unpacked, as .zst or in parts they are read in parallel")
    return ValidatedFile(path=path, kind=file_kind, date=day, notes=tuple(dict.fromkeys(notes)))


def _texts(source: Source, kind: FileKind, path: Path) -> Iterator[Text]:
    return texts(kind, path, name=path.name, timezone=source.timezone)


def _notes(source: Source, kind: FileKind, header: Header, beginning: bytes) -> list[str]:
    notes = []
    if header.undeclared:
        notes.append(f"columns not declared by {source.name} will not be loaded: {few(header.undeclared, NAMED)}")
    if header.line and len(beginning) < BEGINNING and _has_no_rows(beginning, header):
        notes.append("has a header and no rows")
    if header.encoding is None and (bad := _undecodable_line(beginning, kind)):
        notes.append(f"line {bad} is not {' or '.join(kind.encodings)}; such lines go to quarantine")
    return notes


def _is_file(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name the files in it, for example {path}/*.csv.")
    if not path.exists():
        raise UsageError(f"{path}: there is no such file; check the path.")
    if not path.is_file():
        raise UsageError(f"{path}: is not a regular file; save its content to a file and land that.")


def _named_kind(source: Source, kind: str) -> FileKind:
    if kind not in source.kinds:
        raise UsageError(f"--kind {kind}: {source.name} has no such file kind; choose one of {', '.join(source.kinds)}.")
    return source.kinds[kind]


def _has_no_rows(beginning: bytes, header: Header) -> bool:
    encoding = header.encoding or "iso-8859-1"
    text = beginning.decode(encoding, errors="replace")
    lines = [line for line in LINE_END.split(text.removeprefix(BOM)) if line.strip()]
    before = [line for line in header.preamble if line.strip()]
    return len(lines) <= len(before) + len(header.line.splitlines())


def _undecodable_line(beginning: bytes, kind: FileKind) -> int | None:
    """The number of the first line that no declared encoding can decode, from 1; None if there is none."""
    try:
        beginning.decode(kind.encodings[0])
    except UnicodeDecodeError as error:
        cut_off = len(beginning) == BEGINNING and error.start > BEGINNING - 4
        if len(kind.encodings) == 1 and not cut_off:
            return beginning.count(b"\n", 0, error.start) + 1
    return None
