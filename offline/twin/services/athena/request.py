"""One request of Athena's API, and pages of lists."""

from __future__ import annotations

import json
from typing import Any

from moto.athena.responses import AthenaResponse

from contracts.errors import UsageError


class Request:
    """The parameters of one request, and moto's backend."""

    def __init__(self, response: AthenaResponse) -> None:
        self._parameters: dict[str, Any] = json.loads(response.body or "{}")
        self.athena_backend = response.athena_backend

    def get(self, name: str) -> Any:
        return self._parameters.get(name)


def start_of(request: Request) -> int:
    token = request.get("NextToken") or "0"
    if not str(token).isdigit():
        raise UsageError("NextToken is not one of this list.")
    return int(token)


def page(request: Request, key: str, entries: list[Any], size: int) -> dict[str, Any]:
    start = start_of(request)
    end = start + int(request.get("MaxResults") or size)
    return {key: entries[start:end], **({"NextToken": str(end)} if end < len(entries) else {})}
