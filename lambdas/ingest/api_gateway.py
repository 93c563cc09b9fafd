"""API Gateway's shape of a request (Lambda proxy integration, payload 1.0) and of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.ingest.requests import Answer, Request


def request_of(event: Mapping[str, Any], context: Any) -> Request:
    """The request; the time left is Lambda's."""
    identity = (event.get("requestContext") or {}).get("identity") or {}
    return Request(
        method=str(event.get("httpMethod") or ""),
        path=str(event.get("path") or ""),
        headers={str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        query={str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()},
        body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
        ip=str(identity.get("sourceIp") or ""),
        received=datetime.now(UTC),
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )


def response_of(answer: Answer) -> dict[str, Any]:
    """The answer as API Gateway expects it."""
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
        "isBase64Encoded": False,
    }
