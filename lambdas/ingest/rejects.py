"""Rejected events as they are stored in raw: the reasons and the bytes, so that they can be fixed and sent again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.ingest.checks import instant_text
from lambdas.ingest.errors import Problem


@dataclass(frozen=True, slots=True)
class Rejected:
    """One rejected event: its position in the request, the reasons, and what arrived. A whole body has no position."""

    position: int | None
    problems: Sequence[Problem]
    content: bytes


def object_key(body: bytes, *, idempotency: str, received: datetime) -> str:
    """Where the rejected events of a body go. The same body sent again replaces its own object instead of adding one."""
    digest = hashlib.sha256(idempotency.encode() + b"\n" + body).hexdigest()[:32]
    return f"rejected/ingest_date={received:%Y-%m-%d}/{digest}.ndjson.gz"


def object_bytes(rejected: Iterable[Rejected], *, received: datetime, sender: Mapping[str, object]) -> bytes:
    """Gzip NDJSON, the same bytes for the same content."""
    lines = [json.dumps({**_entry(each, received), **sender}, ensure_ascii=True) for each in rejected]
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def _entry(rejected: Rejected, received: datetime) -> dict[str, object]:
    """Bytes that are not UTF-8 are stored as base64."""
    try:
        content = {"body": rejected.content.decode()}
    except UnicodeDecodeError:
        content = {"body_base64": base64.b64encode(rejected.content).decode()}
    return {
        "received_at": instant_text(received),
        "index": rejected.position,
        "errors": [problem.as_json() for problem in rejected.problems],
        **content,
    }
