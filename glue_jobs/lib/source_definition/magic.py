"""What the first bytes of a file show that it is, whatever its name says."""

from __future__ import annotations

from contracts.errors import SourceError

ZIP, GZIP, BZIP2, XZ, ZSTD = b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"
PARQUET, AVRO = b"PAR1", b"Obj\x01"
# Formats that some kind of file may have, so that the declaration or the name is wrong.
READABLE = {
    ZIP: "a zip archive or a workbook; add .zip to its name, or write `format: xlsx` in source.yaml",
    PARQUET: "Parquet; write `format: parquet` in source.yaml",
    AVRO: "Avro; write `format: avro` in source.yaml",
    GZIP: "compressed with gzip; add .gz to its name",
    BZIP2: "compressed with bzip2; add .bz2 to its name",
    XZ: "compressed with xz; add .xz to its name",
    ZSTD: "compressed with zstd; add .zst to its name",
}
UNREADABLE = {
    b"\xd0\xcf\x11\xe0": "a workbook of old Excel (.xls), or one with a password; save it as .xlsx without a password",
    b"%PDF": "a PDF; export the data as CSV",
    b"ORC": "ORC; export it as Parquet or CSV",
    b"PARE": "encrypted Parquet; export it without encryption",
    b"ARROW1": "an Arrow or Feather file; export it as Parquet",
    b"SQLite format 3\x00": "an SQLite database; export the table as CSV",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it, or make it a zip archive",
    b"Rar!": "a RAR archive; unpack it, or make it a zip archive",
    b"\x04\x22\x4d\x18": "compressed with lz4; decompress it, or compress it with gzip or zstd",
    b"\x1f\x9d": "compressed with compress (.Z); decompress it, or compress it with gzip",
    b"PK\x05\x06": "an empty zip archive; export it again, or do not land it",
}
MARKUP = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")
WEB_PAGE = "a web page (HTML), which some shops name .xls; open it in a spreadsheet and save it as .xlsx or CSV"
XML = "XML; open it in a spreadsheet and save it as .xlsx or CSV"


def check_is_text(beginning: bytes, *, file: str) -> None:
    """SourceError if these first bytes are not those of CSV or JSON."""
    for magic, what in (READABLE | UNREADABLE).items():
        # ORC is also how a header may begin.
        if beginning.startswith(magic) and not (magic == b"ORC" and beginning.isascii()):
            raise SourceError(f"{file}: is {what}.")
    _refuse_markup(beginning, file=file)


def check_is(magic: bytes, beginning: bytes, what: str, *, file: str) -> None:
    """SourceError if these first bytes are not those of the format that the name or the source says."""
    if beginning.startswith(magic):
        return
    if not beginning.strip():
        raise SourceError(f"{file}: the file is empty; expected {what}. Export it again, or do not land it.")
    for other, name in UNREADABLE.items():
        if beginning.startswith(other):
            raise SourceError(f"{file}: is {name}.")
    _refuse_markup(beginning, file=file)
    found = next((f"it is {name.partition(';')[0]}" for other, name in READABLE.items() if beginning.startswith(other)), "")
    found = found or "its first bytes are those of no format that shoplake knows"
    raise SourceError(f"{file}: is not {what}; {found}. Fix its name or `format` in source.yaml, or export it again.")


def _refuse_markup(beginning: bytes, *, file: str) -> None:
    start = beginning[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(MARKUP):
        raise SourceError(f"{file}: is {WEB_PAGE}.")
    if start.startswith(b"<?xml"):
        raise SourceError(f"{file}: is {WEB_PAGE if b'html' in start else XML}.")
