"""Uploads: checks what a shop wants to deliver, and says where in raw it goes. Names are laid out as `shoplake land` does it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.common.raw_folders import LIVE_FOLDERS, STREAM
from lambdas.ingest.checks import whole
from lambdas.ingest.errors import FILE_BYTES, FILE_REQUEST, FILE_SIZE, FILE_TYPE, Problem, RequestError, refuse

TYPES = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "avro": "application/avro",
}
PACKED = {
    "gz": "application/gzip",
    "zip": "application/zip",
    "zst": "application/zstd",
    "bz2": "application/x-bzip2",
    "xz": "application/x-xz",
}
# Folders of raw that take no uploads: the live path writes there.
RESERVED = (STREAM, *LIVE_FOLDERS)
FOLDER = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Names that begin with . or _ are drafts: jobs do not read them.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to be uploaded: its key in raw, its size, and the content type that the upload must have."""

    key: str
    size: int
    content_type: str


def upload_of(source: str, request: Any, *, received: datetime) -> Upload:
    """The upload that is asked for. RequestError names the field that is wrong."""
    if not isinstance(request, Mapping):
        raise refuse(FILE_REQUEST, 'Send a JSON object such as {"kind": "orders", "name": "orders.csv", "size": 1024}.')
    if not FOLDER.fullmatch(source) or source in RESERVED:
        raise _wrong("source", "must be lower_snake_case, the name of the folder of a source that takes files")
    kind, name, size = request.get("kind"), request.get("name"), whole(request.get("size"))
    if not isinstance(kind, str) or not FOLDER.fullmatch(kind):
        raise _wrong("kind", "must be lower_snake_case, a file kind of the source such as orders")
    if not isinstance(name, str) or not FILE_NAME.fullmatch(name):
        raise _wrong("name", "must be a file name of up to 200 letters, digits, dots, dashes and underscores")
    if type(size) is not int:
        raise _wrong("size", "must be the number of bytes")
    if not 0 < size <= FILE_BYTES:
        raise refuse(FILE_SIZE, "Split it.")
    return Upload(f"{source}/{kind}/ingest_date={received:%Y-%m-%d}/{name}", size, _content_type(name))


def _content_type(name: str) -> str:
    *stem, suffix = name.lower().split(".")
    if suffix in PACKED and (suffix == "zip" or (stem and stem[-1] in TYPES)):
        return PACKED[suffix]
    if not stem or suffix not in TYPES:
        types, packed = ", ".join(TYPES), ", ".join(PACKED)
        raise refuse(FILE_TYPE, f"Take one of {types}, also packed as {packed}.")
    return TYPES[suffix]


def _wrong(field: str, rule: str) -> RequestError:
    return RequestError(Problem(FILE_REQUEST, f"{field} {rule}.", field))
