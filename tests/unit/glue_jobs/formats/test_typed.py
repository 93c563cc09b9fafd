"""Workbooks, Parquet and Avro as lines of text: values written by hand, and refusals."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.errors import SourceError
from glue_jobs.lib.formats.avro import BLOCK, FILE
from glue_jobs.lib.formats.texts import texts
from glue_jobs.lib.source_definition.source import INSTANT, FileKind, RawColumn

COLUMNS = (
    RawColumn("id"),
    RawColumn("price", "decimal(18,4)", optional=True),
    RawColumn("at", "timestamp", (INSTANT,), optional=True),
    RawColumn("day", "date", optional=True),
)
XLSX, PARQUET, AVRO = (FileKind("lines", (f"*.{form}",), COLUMNS, format=form) for form in ("xlsx", "parquet", "avro"))
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def read(folder: Path, kind: FileKind, content: bytes, *, name: str | None = None, timezone: str = "Europe/Berlin") -> list[str]:
    path = folder / "file"
    path.write_bytes(content)
    name = name or f"a.{kind.format}"
    return [
        line
        for text in texts(kind, path, name=name, timezone=timezone)
        for line in b"".join(text.chunks).decode().split("\n")[:-1]
    ]


def workbook(*rows: Sequence[Any], sheets: Sequence[str] = ("Sheet",), formats: dict[str, str] | None = None) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for name in sheets[1:]:
        book.create_sheet(name)
    sheet = book.worksheets[0]
    sheet.title = sheets[0]
    for row in rows:
        sheet.append(row)
    for cell, pattern in (formats or {}).items():
        sheet[cell].number_format = pattern
    book.save(target)
    return target.getvalue()


def edited(content: bytes, part: str, old: str, new: str) -> bytes:
    """The workbook with a text of one part replaced: what openpyxl itself cannot write."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            text = source.read(name)
            assert name != part or old.encode() in text
            copy.writestr(name, text.replace(old.encode(), new.encode()) if name == part else text)
    return target.getvalue()


def parquet(table: pa.Table, **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target, **options)
    return target.getvalue()


def avro(fields: list[dict[str, Any]], records: list[dict[str, Any]], codec: str = "deflate") -> bytes:
    target = io.BytesIO()
    fastavro.writer(target, {"type": "record", "name": "Line", "fields": fields}, records, codec)
    return target.getvalue()


def test_cells_keep_their_types_and_rows_their_numbers(tmp_path: Path) -> None:
    content = workbook(
        ["Orders of May"],
        [],
        ["id", "price", "at", "note"],
        ["00123", 19.99, datetime(2025, 3, 1, 12, 30), 'a "b", c'],
        [123, 20.0, date(2025, 3, 1), "two\nlines"],
        [None, None, None, None],
        [5.3e11, 0.1 + 0.2, time(8, 15), True],
        ["#DIV/0!", "1e3", None, None],
        [None, "", None],
        formats={"A5": "00000"},
    )
    assert read(tmp_path, XLSX, content) == [
        "Orders of May",
        "",
        "id,price,at,note",
        '00123,19.99,2025-03-01 12:30:00,"a ""b"", c"',
        "00123,20,2025-03-01,two\x1elines",
        "",
        "530000000000,0.3,08:15:00,true",
        "#DIV/0!,1e3,,",
    ]


def test_formulas_have_their_stored_values_or_the_file_is_refused(tmp_path: Path) -> None:
    content = workbook(["id", "price"], ["a", "=1+2"])
    with pytest.raises(SourceError, match=r"^a\.xlsx: has formulas without stored values; open it in a spreadsheet and save it"):
        read(tmp_path, XLSX, content)
    part = "xl/worksheets/sheet1.xml"
    assert read(tmp_path, XLSX, edited(content, part, "<f>1+2</f><v />", "<f>1+2</f><v>3</v>")) == ["id,price", "a,3"]


def test_the_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    content = workbook(["id"], ["a"], sheets=("Lines", "Notes"))
    with pytest.raises(SourceError, match=r"has several sheets \(found: Lines, Notes\); write the name of one in source\.yaml"):
        read(tmp_path, XLSX, content)
    assert read(tmp_path, FileKind("lines", ("*",), COLUMNS, format="xlsx", sheet="Lines"), content) == ["id", "a"]
    with pytest.raises(SourceError, match=r"lacks the sheet 'Line' \(found: Lines, Notes\)"):
        read(tmp_path, FileKind("lines", ("*",), COLUMNS, format="xlsx", sheet="Line"), content)


def test_parquet_keeps_digits_instants_and_nesting(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ID": pa.array(["007", None]),
            "price": pa.array([Decimal("12345678901234.5678"), None], pa.decimal128(18, 4)),
            "at": pa.array([NOON, NOON.replace(tzinfo=None)], pa.timestamp("ns")).cast(pa.timestamp("ns", "UTC")),
            "day": pa.array([date(2025, 3, 1), None]),
            "n": pa.array([9007199254740993, -1]),
            "x": pa.array([1.0, float("nan")]),
            "items": pa.array([[{"sku": "a", "n": 2}], []]),
        }
    )
    found = [json.loads(line) for line in read(tmp_path, PARQUET, parquet(table))]
    at = "2025-03-01T12:00:00.000000Z"
    assert found == [
        {
            "id": "007",
            "price": "12345678901234.5678",
            "at": at,
            "day": "2025-03-01",
            "n": "9007199254740993",
            "x": "1",
            "items": [{"sku": "a", "n": 2}],
        },
        {"id": None, "price": None, "at": at, "day": None, "n": "-1", "x": None, "items": []},
    ]


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2025-03-01T12:00:00", "2025-03-01T11:00:00.000000Z"),
        ("2025-10-26T02:30:00", "2025-10-26T00:30:00.000000Z"),  # shown twice; the first
        ("2025-03-30T02:30:00", "2025-03-30T01:30:00.000000Z"),  # skipped; as if the clock had not changed
    ],
)
def test_times_without_a_zone_are_those_of_the_source(tmp_path: Path, local: str, instant: str) -> None:
    table = pa.table({"id": ["a"], "at": pa.array([datetime.fromisoformat(local)], pa.timestamp("us"))})
    assert json.loads(read(tmp_path, PARQUET, parquet(table))[0])["at"] == instant
    # Spark's INT96 has instants, though nothing says so.
    old = parquet(table, use_deprecated_int96_timestamps=True)
    assert json.loads(read(tmp_path, PARQUET, old)[0])["at"] == f"{local}.000000Z"


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_avro_keeps_logical_types(tmp_path: Path, codec: str) -> None:
    fields = [
        {"name": "id", "type": "string"},
        {"name": "price", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "map", "values": "long"}},
    ]
    records = [{"id": f"a{n}", "price": Decimal("1.5000"), "at": NOON, "tags": {"x": n}} for n in range(3000)]
    found = read(tmp_path, AVRO, avro(fields, records, codec))
    assert len(found) == 3000
    expected = {"id": "a2999", "price": "1.5000", "at": "2025-03-01T12:00:00.000000Z", "tags": {"x": 2999}}
    assert json.loads(found[-1]) == expected


@pytest.mark.parametrize("codec", ["snappy", "zstandard"])
def test_avro_is_read_in_the_codecs_of_spark(tmp_path: Path, codec: str) -> None:
    # GIVEN a container put together by hand, because fastavro needs more libraries to write these
    records = io.BytesIO()
    for n in range(500):
        fastavro.schemaless_writer(records, "string", f"a{n}")
    data = records.getvalue()
    packed = pa.compress(data, "zstd" if codec == "zstandard" else codec, asbytes=True)
    packed += zlib.crc32(data).to_bytes(4, "big") if codec == "snappy" else b""
    schema = {"type": "record", "name": "Line", "fields": [{"name": "id", "type": "string"}]}
    target, sync = io.BytesIO(b"Obj\x01"), bytes(range(16))
    target.seek(4)
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    fastavro.schemaless_writer(target, FILE, {"meta": meta, "sync": sync})
    fastavro.schemaless_writer(target, BLOCK, {"records": 500, "data": packed, "sync": sync})
    # WHEN THEN
    assert read(tmp_path, AVRO, target.getvalue())[-1] == '{"id": "a499"}'
    # AND a block that has fewer records than it states
    target.seek(4)
    fastavro.schemaless_writer(target, FILE, {"meta": meta, "sync": sync})
    fastavro.schemaless_writer(target, BLOCK, {"records": 501, "data": packed, "sync": sync})
    with pytest.raises(SourceError, match=r"^a\.avro: is damaged or cut off Avro"):
        read(tmp_path, AVRO, target.getvalue())


def test_what_has_a_schema_may_be_packed_and_empty(tmp_path: Path) -> None:
    empty = parquet(pa.table({"id": pa.array([], pa.string())}))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.parquet", empty)
        archive.writestr("b.PARQUET.zst", pa.compress(parquet(pa.table({"id": ["b"]})), "zstd", asbytes=True))
    assert read(tmp_path, PARQUET, packed.getvalue(), name="a.zip") == ['{"id": "b"}']


GOOD = {
    "xlsx": lambda: workbook(["id"], *[[f"a{n}"] for n in range(3000)]),
    "parquet": lambda: parquet(pa.table({"id": [f"a{n}" for n in range(3000)]})),
    "avro": lambda: avro([{"name": "id", "type": "string"}], [{"id": f"a{n}"} for n in range(3000)]),
}
KINDS = {"xlsx": XLSX, "parquet": PARQUET, "avro": AVRO}


@pytest.mark.parametrize("form", GOOD)
def test_damage_is_refused_in_one_sentence(tmp_path: Path, form: str) -> None:
    good = GOOD[form]()
    middle = len(good) // 2
    for content in (
        b"",
        good[:middle],
        good[:-9],
        good[:50],
        good[:middle] + bytes(64) + good[middle + 64 :],
        b"id\n1\n",
        b"<html>",
    ):
        with pytest.raises(SourceError) as error:
            read(tmp_path, KINDS[form], content)
        assert str(error.value).startswith(f"a.{form}: ")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("form", "content", "sentence"),
    [
        ("xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1", "a.xlsx: is a workbook of old Excel (.xls), or one with a password"),
        ("xlsx", GOOD["parquet"], "a.xlsx: is not a zip archive; it is Parquet."),
        ("parquet", GOOD["avro"], "a.parquet: is not Parquet; it is Avro."),
        ("parquet", lambda: b"PARE....", "a.parquet: is encrypted Parquet; export it without encryption."),
        ("parquet", lambda: b"ORC\x0a....", "a.parquet: is ORC; export it as Parquet or CSV."),
        ("parquet", lambda: parquet(pa.table({"sku": ["a"]})), "a.parquet: lacks the column id (found: sku)."),
        ("avro", lambda: avro([{"name": "sku", "type": "string"}], []), "a.avro: lacks the column id (found: sku)."),
        ("parquet", lambda: parquet(pa.table({"id": ["a"], "ID": ["b"]})), "a.parquet: has the column id twice"),
    ],
)
def test_a_refusal_names_what_it_is(tmp_path: Path, form: str, content: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(SourceError) as error:
        read(tmp_path, KINDS[form], content())
    assert str(error.value).startswith(sentence)
