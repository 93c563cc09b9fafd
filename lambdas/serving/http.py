"""Requests and answers of the serving API, in the shape of API Gateway (payload 1.0), with ETag and Cache-Control."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

ETAG_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class Request:
    """A GET request. `segments` are the parts of the path, `tags` the ETags that the client has."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer in JSON. `seconds` is how long it may be cached, by the client only: it may be about a person."""

    status: int
    content: Mapping[str, Any]
    seconds: int = 0
    tags: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


def request_of(event: Mapping[str, Any]) -> Request:
    """The request, whatever is missing or odd in it."""
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    query = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
    tags = frozenset(tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(","))
    # API Gateway decodes path parameters, but not the path.
    segments = tuple(unquote(part) for part in str(event.get("path") or "").strip("/").split("/"))
    return Request(method=str(event.get("httpMethod") or ""), segments=segments, query=query, tags=tags)


def response_of(answer: Answer) -> dict[str, Any]:
    """The answer for API Gateway; 304 without a body if the client has it already."""
    body = json.dumps(answer.content, default=_plain, separators=(",", ":"))
    headers = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", **answer.headers}
    if answer.status != 200:
        return _response(answer.status, {**headers, "Cache-Control": "no-store"}, body)
    tag = f'"{hashlib.blake2b(body.encode(), digest_size=ETAG_BYTES).hexdigest()}"'
    headers |= {"ETag": tag, "Cache-Control": f"private, max-age={answer.seconds}"}
    return _response(304, headers, "") if answer.tags & {tag, "*"} else _response(200, headers, body)


def _response(status: int, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": dict(headers), "body": body, "isBase64Encoded": False}


def _plain(value: object) -> str:
    """Money as text, with its places: a JSON number would be read as a float."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
