"""The first bytes of a file decide how it is read, or the refusal says what to do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.csv_patterns import CsvPatterns
from glue_jobs.lib.source_definition.header import Header, read_header
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

LINES = FileKind(
    name="lines", glob=("*",), columns=(RawColumn("order_id"), RawColumn("sku"), RawColumn("note", optional=True)), format="csv"
)
JSON = replace(LINES, format="json")
JSONL = replace(LINES, format="jsonl")
GOOD = "order_id,sku\n1,A\n"


def header(text: str | bytes, kind: FileKind = LINES) -> Header:
    return read_header(kind, text if isinstance(text, bytes) else text.encode(), file="f")


def refusal(text: str | bytes, kind: FileKind = LINES) -> str:
    with pytest.raises(SourceError) as error:
        header(text, kind)
    return str(error.value)


@pytest.mark.parametrize(
    ("beginning", "line", "encoding"),
    [
        (GOOD.encode("utf-8-sig"), "order_id,sku", None),
        (('"order_id","sku"\n').encode("utf-8-sig"), '"order_id","sku"', None),
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), "order_id,sku", "utf-16le"),
        (b"\xfe\xff" + GOOD.encode("utf-16-be"), "order_id,sku", "utf-16be"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_header(beginning: bytes, line: str, encoding: str | None) -> None:
    found = header(beginning)
    assert (found.line, found.encoding, [column.name for column in found.columns if column]) == (
        line,
        encoding,
        ["order_id", "sku"],
    )


def test_a_header_may_be_in_any_declared_encoding() -> None:
    kind = replace(LINES, encodings=("utf-8", "windows-1252"))
    assert header("order_id,sku,größe\n".encode("cp1252"), kind).undeclared == ("größe",)
    assert "byte 16 of the header is not utf-8" in refusal("order_id,sku,größe\n".encode("cp1252"))


@pytest.mark.parametrize(
    ("before", "preamble"),
    [
        ("", ()),
        ("sep=,\n", ("sep=,",)),
        ("\n\n", ("", "")),
        ("# exported by x\n", ("# exported by x",)),
        ("# ---\n# All data\n# 20240501-20240531\n\n", ("# ---", "# All data", "# 20240501-20240531", "")),
        ('"Orders, May"\r\n', ('"Orders, May"',)),
        ('"Orders,\nMay"\n', ('"Orders,\nMay"',)),
    ],
)
def test_the_header_may_follow_a_preamble(before: str, preamble: tuple[str, ...]) -> None:
    found = header(before + GOOD)
    assert (found.line, found.preamble) == ("order_id,sku", preamble)


def test_skip_passes_over_what_looks_like_the_header() -> None:
    assert header("order_id,sku\nsku,order_id\n", replace(LINES, skip=1)).preamble == ("order_id,sku",)
    assert header("title\n1,A\n", replace(LINES, skip=1, header=False)).preamble == ("title",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("order_id;sku\n1;A\n", 'f: the delimiter is a semicolon, not a comma; write ";" in source.yaml under lines.delimiter.'),
        ("sep=;\norder_id;sku\n", "f: the delimiter is a semicolon, not a comma"),
        ("order_id\tsku\n1\tA\n", 'f: the delimiter is a tab, not a comma; write "\\t" in source.yaml'),
        ("1,A\n2,B\n", "If the file has no header, write `header: false` in source.yaml under lines"),
        ("order_id,code\n", "f: the header lacks sku (found: order_id, code). If the column was renamed, add the new name"),
        ("order_id,sku,SKU\n", "f: the header names sku twice"),
        (b"PK\x03\x04..", "f: is a zip archive or a workbook; add .zip to its name, or write"),
        (b"BZh91AY", "f: is compressed with bzip2; add .bz2 to its name."),
        (b"\x1f\x8b\x08", "f: is compressed with gzip; add .gz to its name."),
        (b"PAR1\x15", "f: is Parquet; write `format: parquet` in source.yaml."),
        (
            b"\xd0\xcf\x11\xe0",
            "f: is a workbook of old Excel (.xls), or one with a password; save it as",
        ),
        (b"\n<HTML><table>", "f: is a web page (HTML), which some shops name .xls; open it in a spreadsheet"),
        (b"ORC\x0a\x82", "f: is ORC; export it as Parquet or CSV."),
        (b"ORC_id\n", "f: the header lacks order_id"),
        ("order_id,sku\n".encode("utf-16-le"), "f: contains zero bytes, so it is binary or UTF-16"),
        (b"\xef\xbb\xbf\n", "f: the file is empty"),
    ],
)
def test_a_refusal_names_what_it_is_and_the_remedy(text: str | bytes, sentence: str) -> None:
    assert sentence in refusal(text)


def test_a_zero_byte_in_a_record_does_not_refuse_the_file() -> None:
    assert header(b"order_id,sku\n1,A\n2,B\x00\n" + b"3,C\n" * 9).line == "order_id,sku"


def test_delimiters_of_several_characters_and_files_without_quotes() -> None:
    assert header("order_id||sku||note\n", replace(LINES, delimiter="||")).columns == LINES.columns
    assert header('order_id\tsku\t5" wide\n', replace(LINES, delimiter="\t", quote="")).undeclared == ('5" wide',)


@pytest.mark.parametrize(
    ("kind", "text", "is_whole"),
    [
        (JSONL, '{"sku": 1}\n{"sku": 2}\n', False),
        (JSONL, '\n [{"sku": 1}]', True),
        (JSONL, '{\n "sku": 1\n}\n{\n "sku": 2\n}', True),
        (JSON, '{"sku": 1}\n{"sku": 2}\n', True),
        (JSON, '[{"sku": 1}]', True),
    ],
)
def test_the_bytes_decide_how_json_is_laid_out(kind: FileKind, text: str, *, is_whole: bool) -> None:
    assert header(text, kind).is_whole is is_whole


@pytest.mark.parametrize("rest", ['{"sku": 1}], "next": null}', '{"sku": 1'])
def test_records_within_one_object_are_refused_with_a_remedy(rest: str) -> None:
    assert "the records are in the array products of one object" in refusal('{"products": [' + rest, JSON)


@pytest.mark.parametrize(
    ("line", "opens", "stays_open"),
    [
        ("a,b", False, True),
        ('a,"b', True, False),
        ('a,"b"', False, False),
        ('a,"b""', True, False),
        ('5" pan,b', False, False),
        ('5" pan,"b', True, True),
        ('"Best" mug,b', False, False),
        ('"', True, False),
        ("", False, True),
    ],
)
def test_a_line_that_ends_within_quotes_is_recognized(line: str, *, opens: bool, stays_open: bool) -> None:
    patterns = CsvPatterns(",", '"')
    assert bool(re.search(patterns.opens, line)) is opens
    assert bool(re.search(patterns.stays_open, line)) is stays_open


def test_patterns_take_fields_of_any_length() -> None:
    patterns = CsvPatterns("||", '"')
    assert re.search(patterns.opens, "x||" * 25_000 + '"' + 'y""' * 100_000)
    assert not re.search(patterns.opens, "x||" * 25_000 + '"' + 'y""' * 100_000 + '"')
