"""A request and its answer in terms of HTTP, whatever brings them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.ingest.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. Names of headers are in lower case; `remaining` is the time left for the answer, in seconds."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    is_base64: bool = False
    ip: str = ""
    received: datetime
    remaining: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `counts` is what the metrics say about it."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


JSON = {"content-type": "application/json", "cache-control": "no-store"}


def json_answer(status: int, content: Mapping[str, Any], **more: Any) -> Answer:
    """An answer in JSON; `more` are counts and further headers."""
    return Answer(status, json.dumps(content), {**JSON, **more.pop("headers", {})}, **more)


def error_answer(problem: Problem, headers: Mapping[str, str] | None = None, *, rejected: int = 0) -> Answer:
    """The answer to a request of which nothing was accepted."""
    content = {"accepted": 0, "rejected": rejected, "failed": 0, "errors": [problem.as_json()]}
    counts = {"Refused": 1, "Rejected": rejected}
    return json_answer(problem.kind.status, content, headers=headers or {}, counts=counts)
