"""Reads Avro container files: a line of JSON for each record.

The container's blocks state how many records they have, apart from the reader of the records.
"""

from __future__ import annotations

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fastavro
import pyarrow as pa

from contracts.errors import SourceError
from glue_jobs.lib.formats.limits import check_growth
from glue_jobs.lib.formats.schema import declared_columns
from glue_jobs.lib.formats.values import json_of
from glue_jobs.lib.source_definition.magic import AVRO, check_is
from glue_jobs.lib.source_definition.source import FileKind

SYNC = {"type": "fixed", "name": "Sync", "size": 16}
FILE = {
    "type": "record",
    "name": "File",
    "fields": [{"name": "meta", "type": {"type": "map", "values": "bytes"}}, {"name": "sync", "type": SYNC}],
}
BLOCK = {
    "type": "record",
    "name": "Block",
    "fields": [{"name": "records", "type": "long"}, {"name": "data", "type": "bytes"}, {"name": "sync", "type": SYNC}],
}
MOST_BLOCK = 1 << 30


def _snappy(data: bytes) -> bytes:
    """Raw snappy, which begins with the size of its content; Avro appends a checksum."""
    size = sum((byte & 127) << (7 * place) for place, byte in enumerate(data[: _varint(data)]))
    check_growth(size, len(data), file="a block")
    content = pa.decompress(data[:-4], size, "snappy", asbytes=True)
    if zlib.crc32(content) != int.from_bytes(data[-4:], "big"):
        raise ValueError("wrong checksum")
    return bytes(content)


def _varint(data: bytes) -> int:
    return next((place for place, byte in enumerate(data[:6], 1) if byte < 128), 6)


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda data: data,
    "deflate": lambda data: zlib.decompressobj(-15).decompress(data, MOST_BLOCK),
    "bzip2": lambda data: bz2.BZ2Decompressor().decompress(data, MOST_BLOCK),
    "xz": lambda data: lzma.LZMADecompressor().decompress(data, MOST_BLOCK),
    "snappy": _snappy,
    "zstandard": lambda data: pa.input_stream(pa.py_buffer(data), compression="zstd").read(MOST_BLOCK),
}
# What the libraries raise for bytes that do not fit.
DAMAGED = (ArithmeticError, EOFError, LookupError, OSError, ValueError, TypeError, zlib.error, lzma.LZMAError, pa.ArrowException)


def lines(kind: FileKind, path: Path, *, file: str, timezone: str) -> Iterator[bytes]:
    """The records as lines; SourceError if the file is damaged, or its codec is not known."""
    zone = ZoneInfo(timezone)
    with path.open("rb") as raw:
        check_is(AVRO, raw.read(64), "Avro", file=file)
        raw.seek(len(AVRO))
        try:
            schema, decompress, sync = _header(raw, file=file)
            columns = declared_columns(kind, [field["name"] for field in schema["fields"]], file=file)
            while raw.peek(1):
                block: Any = fastavro.schemaless_reader(raw, BLOCK, None)
                if block["sync"] != sync:
                    raise ValueError("a block does not end where it should")
                yield b"".join(json_of(record, columns, zone) for record in _records(block, schema, decompress))
        except DAMAGED as error:
            reason = str(error).strip().rstrip(".") or "it ends too early"
            raise SourceError(f"{file}: is damaged or cut off Avro ({reason}); export it again.") from None


def _header(raw: Any, *, file: str) -> tuple[Any, Callable[[bytes], bytes], bytes]:
    header: Any = fastavro.schemaless_reader(raw, FILE, None)
    codec = header["meta"].get("avro.codec", b"null").decode()
    if codec not in CODECS:
        raise SourceError(
            f"{file}: is Avro with the codec {codec}, which is not read; write it with deflate, snappy or zstandard."
        )
    schema: Any = json.loads(header["meta"]["avro.schema"])
    if schema.get("type") != "record":
        raise SourceError(f"{file}: has {schema.get('type')} values, not records; export records.")
    return fastavro.parse_schema(schema), CODECS[codec], header["sync"]


def _records(block: Any, schema: Any, decompress: Callable[[bytes], bytes]) -> Iterator[Any]:
    """The records of a block: as many as it states, and nothing behind them."""
    data = decompress(block["data"])
    content = io.BytesIO(data)
    for _ in range(block["records"]):
        yield fastavro.schemaless_reader(content, schema, None)
    if content.tell() != len(data):
        raise ValueError("a block has more bytes than records")
