"""Reads and checks the beginning of a raw file: its encoding, its layout and its header."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.csv_patterns import CsvPatterns
from glue_jobs.lib.source_definition.encodings import BOM, BOM_BYTES, decode_line, wide_encoding
from glue_jobs.lib.source_definition.json_layout import LINE_END, check_not_wrapped, is_read_whole
from glue_jobs.lib.source_definition.magic import check_is_text
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

# The header of a file may follow so many lines of preamble: titles, comments, `sep=;`, blank lines.
PREAMBLE_LINES = 50
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}


@dataclass(frozen=True)
class Header:
    """The layout of one file.

    `line` is its header as text, without a byte order mark ('' where the kind has none); `columns` has the declared column, or
    None for an undeclared one, at each position. `is_whole` says that the file is read as one text of JSON values, because its
    records are elements of an array or span lines. `encoding` is that of a UTF-16 file. `preamble` has the lines before the
    header.
    """

    line: str
    columns: tuple[RawColumn | None, ...]
    undeclared: tuple[str, ...] = ()
    is_whole: bool = False
    encoding: str | None = None
    preamble: tuple[str, ...] = field(default=(), compare=False)


def header_text(header: Header) -> str:
    """The header as JSON, for the ledger; see `recorded_header`."""
    names = [column.name if column else None for column in header.columns]
    return json.dumps({**vars(header), "columns": names}, ensure_ascii=False)


def recorded_header(kind: FileKind, text: str | None) -> Header | None:
    """The header that `header_text` wrote; None if it does not fit the kind, so that the file must be read again."""
    declared = {column.name: column for column in kind.columns}
    try:
        values: dict[str, Any] = json.loads(text or "")
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return Header(**{**values, "columns": tuple(declared[name] if name else None for name in values["columns"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def read_header(kind: FileKind, beginning: bytes, *, file: str) -> Header:
    """Checks the first bytes of a file against its kind.

    LakeError names `file` if it is empty, binary, in another encoding, or its header lacks or repeats a column.
    """
    if not beginning.removeprefix(BOM_BYTES).strip():
        raise SourceError(f"{file}: the file is empty; expected {_expected(kind)}. Export it again, or do not land it.")
    check_is_text(beginning, file=file)
    encoding = wide_encoding(kind.encodings, beginning)
    if encoding is None and _is_binary(beginning):
        raise SourceError(f"{file}: contains zero bytes, so it is binary or UTF-16, not {kind.format} text; export it as UTF-8.")
    if kind.layout != "csv":
        return _json_header(kind, _text(kind, beginning, encoding), encoding, file=file)
    lines = _lines(kind, beginning, encoding, file=file)
    if kind.header:
        return _find(kind, lines, encoding, file=file)
    return Header(line="", columns=kind.columns, encoding=encoding, preamble=tuple(lines[: kind.skip]))


def cells(kind: FileKind, line: str) -> list[str]:
    """The fields of one line."""
    delimiter = kind.delimiter
    if len(delimiter) > 1:  # Python's reader takes one character
        line, delimiter = line.replace(delimiter, "\x1f"), "\x1f"
    if not kind.quote:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, quotechar=kind.quote), [])


def plain(kind: FileKind, line: str) -> str:
    """A header without case, quotes and blanks: exports that were joined may write it differently."""
    return line.lower().replace(kind.quote or " ", "").replace(" ", "")


def _json_header(kind: FileKind, text: str, encoding: str | None, *, file: str) -> Header:
    check_not_wrapped(kind, text, file=file)
    is_whole = encoding is not None or is_read_whole(kind, text)
    return Header(line="", columns=kind.columns, is_whole=is_whole, encoding=encoding)


def _is_binary(beginning: bytes) -> bool:
    """Text may have single zero bytes in a record, which then goes to quarantine; not in its first line, or everywhere."""
    first = re.split(rb"[\r\n]", beginning.lstrip(), maxsplit=1)[0]
    return b"\x00" in first or beginning.count(b"\x00") * 20 > len(beginning)


def _text(kind: FileKind, beginning: bytes, encoding: str | None) -> str:
    return beginning.decode(encoding or kind.encodings[0], errors="replace").removeprefix(BOM)


def _lines(kind: FileKind, beginning: bytes, encoding: str | None, *, file: str) -> list[str]:
    """The first lines as text; the lines of a quoted field with line breaks are one."""
    if encoding:
        return _joined(kind, LINE_END.split(_text(kind, beginning, encoding)))
    raw = beginning.removeprefix(BOM_BYTES).splitlines()[: PREAMBLE_LINES + kind.skip + 1]
    lines: list[str] = []
    for line in raw:
        try:
            lines.append(decode_line(line, kind.encodings))
        except UnicodeDecodeError as error:
            if any(_required(kind, _cells(kind, before)) for before in lines):
                break  # a record; the run quarantines it
            raise SourceError(
                f"{file}: byte {error.start + 1} of the header is not {kind.encodings[-1]}; expected {_expected(kind)}. "
                "Export it as UTF-8, or name its encoding in source.yaml."
            ) from None
    return _joined(kind, lines)


def _joined(kind: FileKind, lines: Sequence[str]) -> list[str]:
    opens = re.compile(CsvPatterns(kind.delimiter, kind.quote).opens) if kind.quote else None
    joined: list[str] = []
    for line in lines:
        if joined and opens and opens.search(joined[-1]):
            joined[-1] += f"\n{line}"
        else:
            joined.append(line)
    return joined


def _cells(kind: FileKind, line: str) -> list[str]:
    try:
        return [name.strip() for name in cells(kind, line)]
    except csv.Error:
        return []


def _find(kind: FileKind, lines: Sequence[str], encoding: str | None, *, file: str) -> Header:
    """The header after `skip` lines, or after a preamble: the first line with all columns that are required."""
    candidates = range(kind.skip, len(lines))
    place = next((place for place in candidates if _required(kind, _cells(kind, lines[place]))), None)
    if place is None:
        first = next((line for line in lines[kind.skip :] if line.strip()), "")
        try:
            cells(kind, first)
        except csv.Error as error:
            raise SourceError(
                f"{file}: the first line is not a header ({error}); expected {_expected(kind)}. Export it again."
            ) from None
        _check_once(kind, _cells(kind, first), file=file)
        raise SourceError(f"{file}: {_missing(kind, first, lines)}")
    names = _cells(kind, lines[place])
    _check_once(kind, names, file=file)
    columns = _columns(kind, names)
    undeclared = tuple(name for name, column in zip(names, columns, strict=True) if column is None and name)
    return Header(lines[place], columns, undeclared, encoding=encoding, preamble=tuple(lines[:place]))


def _check_once(kind: FileKind, names: Sequence[str], *, file: str) -> None:
    times = Counter(column.name for column in _columns(kind, names) if column)
    for column in kind.columns:
        if times[column.name] > 1:
            raise SourceError(f"{file}: the header names {column.name} twice (found: {', '.join(names)}); keep one of them.")


def _columns(kind: FileKind, names: Sequence[str]) -> tuple[RawColumn | None, ...]:
    known = {alias.lower(): column for column in kind.columns for alias in (column.name, *column.aliases)}
    return tuple(known.get(name.lower()) for name in names)


def _required(kind: FileKind, names: Sequence[str]) -> bool:
    found = {column.name for column in _columns(kind, names) if column}
    return bool(found) and all(column.name in found for column in kind.columns if not column.optional)


def _missing(kind: FileKind, first: str, lines: Sequence[str]) -> str:
    """What is wrong with a file in which no line is the header."""
    names = _cells(kind, first)
    for delimiter, what in DELIMITERS.items():
        other = FileKind(name=kind.name, glob=kind.glob, columns=kind.columns, delimiter=delimiter, quote=kind.quote)
        if delimiter != kind.delimiter and any(_required(kind, _cells(other, line)) for line in lines):
            return (
                f"the delimiter is {what}, not {DELIMITERS.get(kind.delimiter, repr(kind.delimiter))}; write "
                f"{json.dumps(delimiter)} in source.yaml under {kind.name}.delimiter."
            )
    columns = _columns(kind, names)
    lacking = next((column for column in kind.columns if column not in columns and not column.optional), kind.columns[0])
    remedy = (
        f"If the column was renamed, add the new name to source.yaml under {kind.name}.columns.{lacking.name}.aliases."
        if any(columns)
        else f"If the file has no header, write `header: false` in source.yaml under {kind.name}; if the header comes later than "
        f"line {PREAMBLE_LINES}, write the number of lines before it under {kind.name}.skip. "
        f"If the column was renamed, add the new name under {kind.name}.columns.{lacking.name}.aliases."
    )
    return f"the header lacks {lacking.name} (found: {_short(names)}). {remedy}"


def _expected(kind: FileKind) -> str:
    return f"{kind.format} with {_short([column.name for column in kind.columns])}"


def _short(names: Sequence[str]) -> str:
    text = ", ".join(names[:12])
    return text if len(text) < 300 and len(names) <= 12 else f"{text[:297]}…"
