"""Reads a sheet of a workbook (xlsx), row by row: a line of CSV for each row, an empty line for an empty one.

So the header is found as in CSV, and the number of a line is that of the row. Line breaks within cells are LINE_BREAK, which no
workbook can contain, until the record is parsed.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat
from zoneinfo import ZoneInfo

import openpyxl

from contracts.errors import SourceError
from glue_jobs.lib.formats import archive
from glue_jobs.lib.formats.limits import CHUNK
from glue_jobs.lib.formats.values import seconds, text_of
from glue_jobs.lib.source_definition.header import PREAMBLE_LINES
from glue_jobs.lib.source_definition.source import LINE_BREAK, FileKind

DAMAGED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    ParseError,
    zipfile.BadZipFile,
    expat.ExpatError,
)
# A format such as 00000 shows leading zeros, which belong to an id.
ZEROS = re.compile(r"0{2,}")
# Excel computes and shows 15 digits.
DIGITS = ".15g"
MOST_ROWS = 1 << 20


def lines(kind: FileKind, path: Path, *, file: str, timezone: str) -> Iterator[bytes]:
    """The rows as lines, up to the last one that is not empty; SourceError if the workbook or the sheet cannot be read."""
    with _opened(path, file=file) as book:
        sheet = _sheet(kind, book, file=file)
        stated, read = _filled_rows(path, sheet._worksheet_path, file=file), 0  # noqa: SLF001 - it has no public name
        sheet.reset_dimensions()  # what they state is often wrong
        for line, filled in _lines(kind, sheet, ZoneInfo(timezone)):
            read += filled
            yield line
    if read < stated:
        raise SourceError(f"{file}: has {stated:,} rows with values, but {read:,} can be read; save the sheet as CSV.")


def sheet_names(path: Path, *, file: str) -> tuple[str, ...]:
    """The names of a workbook's sheets; SourceError if it cannot be read."""
    with _opened(path, file=file) as book:
        return tuple(sheet.title for sheet in book.worksheets)


@contextmanager
def _opened(path: Path, *, file: str) -> Iterator[Any]:
    """The workbook; SourceError if it is damaged, now or while it is read."""
    with archive.opened(path, file=file) as packed:
        _check_parts(packed.namelist(), file=file)
    try:
        with path.open("rb") as raw, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions
            yield openpyxl.load_workbook(raw, read_only=True, data_only=True, keep_links=False)
    except DAMAGED as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise SourceError(
            f"{file}: the workbook is damaged or cut off ({reason}); open it in a spreadsheet and save it again."
        ) from None


def _check_parts(names: Sequence[str], *, file: str) -> None:
    if "xl/workbook.bin" in names:
        raise SourceError(f"{file}: is a binary workbook (.xlsb); save it as .xlsx.")
    if "mimetype" in names:
        raise SourceError(f"{file}: is an OpenDocument file (.ods); save it as .xlsx.")
    if "[Content_Types].xml" not in names:
        raise SourceError(f"{file}: is a zip archive, but no workbook; export it again as .xlsx, or add .zip to its name.")


def _sheet(kind: FileKind, book: Any, *, file: str) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    found = [sheet for sheet in book.worksheets if sheet.title == kind.sheet or (not kind.sheet and len(names) == 1)]
    if not found:
        problem = f"lacks the sheet {kind.sheet!r}" if kind.sheet else "has several sheets"
        raise SourceError(
            f"{file}: {problem} (found: {', '.join(names)}); write the name of one in source.yaml under {kind.name}.sheet."
        )
    return found[0]


def _lines(kind: FileKind, sheet: Any, zone: ZoneInfo) -> Iterator[tuple[bytes, int]]:
    """Lines, each with the number of rows with values since the line before it.

    Rows are as wide as the widest of those that may be the header.
    """
    width = empty = filled = 0
    for number, row in enumerate(sheet.iter_rows()):
        if number >= MOST_ROWS:
            raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        texts = [_text(kind, cell, zone) for cell in row]
        filled += any(cell.value is not None for cell in row)
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            empty += 1
            continue
        if number <= PREAMBLE_LINES + kind.skip:
            width = max(width, len(texts))
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([*texts, *[""] * (width - len(texts))])
        yield b"\n" * empty + line.getvalue().encode(errors="replace"), filled
        empty = filled = 0
    yield b"", filled


def _text(kind: FileKind, cell: Any, zone: ZoneInfo) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return re.sub(r"\r\n|\r|\n", LINE_BREAK, value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return seconds(value)
    if isinstance(value, int) and not isinstance(value, bool) and ZEROS.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))
    if isinstance(value, float):
        value = float(format(value, DIGITS))
    text = text_of(value, None, zone) or ""
    return text.replace(".", ",") if isinstance(value, float) and kind.decimal == "," else text


def _filled_rows(path: Path, part: str, *, file: str) -> int:
    """The number of rows with values, by another reader. SourceError for formulas without a stored value."""
    rows, has_value, formula, value, inside = 0, False, False, False, False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal has_value, formula, value, inside
        name = tag.rpartition(":")[2]
        inside = name in ("v", "t")
        if name == "row":
            has_value = False
        elif name == "c":
            formula, value = False, attributes.get("t") == "str"  # an empty text is a value
        formula = formula or name == "f"

    def text(_: str) -> None:
        nonlocal has_value, value
        has_value, value = has_value or inside, value or inside

    def end(tag: str) -> None:
        nonlocal rows, inside
        name, inside = tag.rpartition(":")[2], False
        if name == "row":
            rows += has_value
        if name == "c" and formula and not value:
            raise SourceError(
                f"{file}: has formulas without stored values; open it in a spreadsheet and save it, so that they are computed."
            )

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    with zipfile.ZipFile(path) as packed, packed.open(part) as sheet:
        while chunk := sheet.read(CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    return rows
