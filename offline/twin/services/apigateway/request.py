"""A request as it came, its route, and its body as the integration gets it."""

from __future__ import annotations

import gzip
import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator

from offline.serving.guard import Environ
from offline.twin.services.apigateway.answers import RefusedError
from offline.twin.services.apigateway.definition import Api, Method

LIMIT_BYTES = 10 << 20
RAW_HEADERS = "shoplake.headers"


@dataclass
class Request:
    """One HTTP request; `path` is without the stage."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    query: Sequence[tuple[str, str]]
    address: str
    body: bytes = b""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def header(self, name: str) -> str | None:
        """The last value of a header."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), None)

    @property
    def content_type(self) -> str:
        return (self.header("content-type") or "application/json").partition(";")[0].strip().lower()


def parse(environ: Environ) -> Request:
    """The request without its body."""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
        headers=environ[RAW_HEADERS],
        query=parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True),
        address=environ.get("REMOTE_ADDR", "127.0.0.1"),
    )


def read_body(environ: Environ) -> bytes:
    """The body; RefusedError above 10 MB."""
    is_chunked = bool(environ.get("wsgi.input_terminated"))
    try:
        length = LIMIT_BYTES + 1 if is_chunked else int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise RefusedError("DEFAULT_4XX", status=400, message="Bad Request") from None
    if length > LIMIT_BYTES and not is_chunked:
        raise RefusedError("REQUEST_TOO_LARGE")
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    if len(body) > LIMIT_BYTES:
        raise RefusedError("REQUEST_TOO_LARGE")
    return body


def route(api: Api, method: str, path: str) -> tuple[Method, dict[str, str]]:
    """The method for a path, and the values of its parameters. A literal part goes before a parameter, that before `{x+}`."""
    parts = path.removeprefix("/").removesuffix("/").split("/")
    matches = []
    for each in api.methods:
        if each.http_method in (method, "ANY"):
            values = _match(each.path.strip("/").split("/"), parts)
            if values is not None:
                matches.append((len(values), each.path.count("+}"), each.http_method == "ANY", each, values))
    if not matches:
        raise RefusedError("MISSING_AUTHENTICATION_TOKEN")
    *_, found, values = min(matches, key=lambda match: match[:3])
    return found, values


def unpack(request: Request, api: Api) -> None:
    """Unpacks a compressed body, if the API has compression on; RefusedError for one that cannot be."""
    encoding = (request.header("content-encoding") or "identity").lower()
    if api.smallest_compressed is None or encoding == "identity" or not request.body:
        return
    if encoding not in ("gzip", "deflate"):
        raise RefusedError("UNSUPPORTED_MEDIA_TYPE")
    try:
        with gzip.GzipFile(fileobj=BytesIO(request.body)) as packed:
            plain = packed.read(LIMIT_BYTES + 1) if encoding == "gzip" else _inflate(request.body)
    except (OSError, EOFError, zlib.error):
        raise RefusedError("BAD_REQUEST_BODY", message="Invalid compressed body") from None
    if len(plain) > LIMIT_BYTES:
        raise RefusedError("REQUEST_TOO_LARGE")
    request.body = plain
    hidden = ("content-encoding", "content-length")
    request.headers = [(name, value) for name, value in request.headers if name.lower() not in hidden]


def validate(request: Request, method: Method, path_values: Mapping[str, str]) -> None:
    """Checks body and parameters, as far as the method validates them."""
    present = {f"querystring.{name}" for name, _ in request.query} | {f"path.{name}" for name in path_values}
    lower = {f"header.{name.lower()}" for name, _ in request.headers}
    missing = [name for name in method.required if name not in present and name.lower() not in lower]
    if missing:
        names = ", ".join(name.partition(".")[2] for name in missing)
        raise RefusedError("BAD_REQUEST_PARAMETERS", message=f"Missing required request parameters: [{names}]")
    schema = method.schemas.get(request.content_type)
    if schema is not None and not _is_valid(request.body, schema):
        raise RefusedError("BAD_REQUEST_BODY")


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for position, part in enumerate(pattern):
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(parts[position:])
            return values | {part[1:-2]: rest} if rest else None
        if position >= len(parts):
            return None
        if part.startswith("{") and parts[position]:
            values[part[1:-1]] = parts[position]
        elif part != parts[position]:
            return None
    return values if len(pattern) == len(parts) else None


def _inflate(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body, LIMIT_BYTES + 1)


def _is_valid(body: bytes, schema: Mapping[str, Any]) -> bool:
    try:
        return bool(Draft4Validator(schema).is_valid(json.loads(body)))
    except (ValueError, RecursionError):
        return False
