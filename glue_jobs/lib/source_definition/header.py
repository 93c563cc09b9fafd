"""Reads and checks the header of a raw file."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.source import FileKind, RawColumn


@dataclass(frozen=True)
class Header:
    """The column layout of one file.

    `line` is its first line as it stands ('' where the kind has none); `columns` has the declared column, or None for an
    undeclared one, at each position. `is_array` says that the file is one JSON array, whose elements are its records.
    """

    line: str
    columns: tuple[RawColumn | None, ...]
    undeclared: tuple[str, ...]
    is_array: bool = False


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
    if not beginning.strip():
        raise SourceError(f"{file}: the file is empty; expected {_expected(kind)}. Export it again, or do not land it.")
    if b"\x00" in beginning:
        raise SourceError(f"{file}: contains zero bytes, so it is binary or UTF-16, not {kind.format} text; export it as UTF-8.")
    if kind.format != "csv" or not kind.header:
        return Header(line="", columns=kind.columns, undeclared=(), is_array=kind.format == "json")
    raw = beginning.splitlines()[0]
    try:
        line = raw.decode(kind.encodings[0])
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{file}: byte {error.start + 1} of the header is not {kind.encodings[0]}; expected {_expected(kind)}. "
            "Export it as UTF-8, or name its encoding in source.yaml."
        ) from None
    return _match(kind, line, file=file)


def _match(kind: FileKind, line: str, *, file: str) -> Header:
    try:
        names = next(csv.reader([line.removeprefix("\ufeff")], delimiter=kind.delimiter, quotechar=kind.quote), [])
    except csv.Error as error:
        raise SourceError(
            f"{file}: the first line is not a header ({error}); expected {_expected(kind)}. Export it again."
        ) from None
    names = [name.strip() for name in names]
    known = {alias.lower(): column for column in kind.columns for alias in (column.name, *column.aliases)}
    columns = tuple(known.get(name.lower()) for name in names)
    for column in kind.columns:
        if columns.count(column) > 1:
            raise SourceError(f"{file}: the header names {column.name} twice (found: {', '.join(names)}); keep one of them.")
        if column not in columns and not column.optional:
            raise SourceError(
                f"{file}: the header lacks {column.name} (found: {_short(names)}). If the column was renamed, add the new name "
                f"to source.yaml under {kind.name}.columns.{column.name}.aliases."
            )
    undeclared = tuple(name for name, column in zip(names, columns, strict=True) if column is None)
    return Header(line=line, columns=columns, undeclared=undeclared)


def _expected(kind: FileKind) -> str:
    return f"{kind.format} with {_short([column.name for column in kind.columns])}"


def _short(names: Sequence[str]) -> str:
    text = ", ".join(names[:12])
    return text if len(text) < 300 and len(names) <= 12 else f"{text[:297]}…"
