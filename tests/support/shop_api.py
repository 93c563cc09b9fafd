"""Calls the ingest function in this process, against a stream, a bucket and secrets that are lists and dictionaries."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lambdas.ingest.delivery import StreamError
from lambdas.ingest.errors import NO_SECRET, Problem, RequestError
from lambdas.ingest.files import Upload
from lambdas.ingest.packing import Record
from lambdas.ingest.requests import Answer, Request
from lambdas.ingest.routes import answer
from lambdas.ingest.service import StorageError

NOW = datetime(2026, 11, 26, 10, 0, 0, 250_000, tzinfo=UTC)
PUBLISHABLE = "pk_0123"
SERVER = "server-secret"
VIEW = {"event_type": "view", "event_time": "2026-11-26T09:59:58Z", "user_id": "ann", "product_id": "mug"}


@dataclass
class ListStream:
    """A stream that keeps what it takes. `script` has one entry a call: how it fails; when it is used up, calls succeed."""

    records: list[Record] = field(default_factory=list)
    script: list[Any] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def put(self, records: Sequence[Record]) -> list[str | None]:
        self.calls.append(len(records))
        step = self.script.pop(0) if self.script else None
        if step == "timed out, written":
            self.records += records
            raise StreamError("ReadTimeoutError")
        if isinstance(step, StreamError):
            raise step
        throttled = step if callable(step) else lambda _: False
        codes = ["ProvisionedThroughputExceededException" if throttled(record) else None for record in records]
        self.records += [record for record, code in zip(records, codes, strict=True) if code is None]
        return codes

    @property
    def texts(self) -> list[bytes]:
        """The lines of all records; only a line feed ends a line."""
        return [line for record in self.records for line in record.data.removesuffix(b"\n").split(b"\n")]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.texts]


@dataclass
class Shop:
    """Services in memory, and a clock that only moves when it is looked at, by `tick` seconds."""

    stream: ListStream = field(default_factory=ListStream)
    objects: dict[str, bytes] = field(default_factory=dict)
    publishable_key: str = PUBLISHABLE
    secret: str = SERVER
    environment: str = "dev"
    allowed_origins: frozenset[str] = frozenset({"*"})
    currency: str = "EUR"
    is_storage_down: bool = False
    seconds: float = 25.0
    tick: float = 0.0

    @property
    def storage(self) -> Shop:
        return self

    def store(self, key: str, content: bytes) -> None:
        if self.is_storage_down:
            raise StorageError("SlowDown")
        self.objects[key] = content

    def presigned(self, upload: Upload, *, seconds: int) -> tuple[str, dict[str, str]]:
        return f"https://raw/{upload.key}?{seconds}", {"content-type": upload.content_type}

    def server_key(self) -> str:
        if not self.secret:
            raise RequestError(Problem(NO_SECRET, NO_SECRET.meaning))
        return self.secret

    def hash_key(self) -> bytes:
        return b"hash-key"

    def call(self, method: str, path: str, body: str | None = None, **more: Any) -> Answer:
        query, is_base64 = more.pop("query", {}), more.pop("is_base64", False)
        ip, received = more.pop("ip", "203.0.113.77"), more.pop("received", NOW)
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        request = Request(
            method=method,
            path=path,
            headers=headers,
            query=query,
            body=body,
            is_base64=is_base64,
            ip=ip,
            received=received,
            remaining=self._remaining,
        )
        return answer(request, self)

    def _remaining(self) -> float:
        self.seconds -= self.tick
        return self.seconds

    def post(self, content: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer of POST /v1/events; content that is no text is sent as JSON."""
        more.setdefault("x_api_key", PUBLISHABLE)
        body = content if isinstance(content, str) else json.dumps(content)
        reply = self.call("POST", "/v1/events", body, **{name: value for name, value in more.items() if value is not None})
        return reply.status, json.loads(reply.body)

    @property
    def rejected(self) -> list[dict[str, Any]]:
        return [json.loads(line) for content in self.objects.values() for line in gzip.decompress(content).splitlines()]


def codes(answer: dict[str, Any]) -> list[int]:
    """The numbers of all errors in an answer."""
    errors = [*answer.get("errors", []), *[error for each in answer.get("results", []) for error in each.get("errors", [])]]
    return [error["code"] for error in errors]
