"""API Gateway's own answers: the deployed GatewayResponses, or AWS's defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

DEFAULTS = {
    "ACCESS_DENIED": (403, "Forbidden"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error"),
    "BAD_REQUEST_BODY": (400, "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": (400, "Missing required request parameters"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
    "INVALID_API_KEY": (403, "Forbidden"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "THROTTLED": (429, "Too Many Requests"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type"),
}
HEADER = "gatewayresponse.header."
VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def line(self) -> str:
        """Status code and phrase; a code that has no phrase is valid too."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Status"


class RefusedError(Exception):
    """The gateway answers by itself. `status` and `message` replace the type's own."""

    def __init__(self, kind: str, *, status: int | None = None, message: str | None = None) -> None:
        super().__init__(kind)
        own = DEFAULTS.get(kind, (500, "Internal server error"))
        self.kind, self.status, self.message = kind, status or own[0], message or own[1]


def render(error: RefusedError, responses: Mapping[str, Any], request_id: str) -> Reply:
    """The answer of the type, else that of DEFAULT_4XX or DEFAULT_5XX, else AWS's own."""
    family = "DEFAULT_4XX" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "DEFAULT_5XX"
    response = responses.get(error.kind) or responses.get(family)
    context = {
        "error.message": error.message,
        "error.messageString": json.dumps(error.message),
        "error.responseType": error.kind,
        "requestId": request_id,
    }
    if response is None:
        return Reply(error.status, [("Content-Type", "application/json")], json.dumps({"message": error.message}).encode())
    status = int(response.status_code or error.status)
    template = (response.response_templates or {}).get("application/json") or '{"message": $context.error.messageString}'
    headers = [("Content-Type", "application/json")]
    for name, value in (response.response_parameters or {}).items():
        if name.startswith(HEADER):
            headers.append((name.removeprefix(HEADER), _value(str(value), context)))
    return Reply(status, headers, VARIABLE.sub(lambda match: context.get(match[1], ""), template).encode())


def _value(value: str, context: Mapping[str, str]) -> str:
    """A literal in quotes, or a variable."""
    if value.startswith("'"):
        return value.strip("'")
    return context.get(value.removeprefix("context."), "")
