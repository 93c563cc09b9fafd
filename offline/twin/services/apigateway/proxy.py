"""The event of a Lambda proxy integration (payload version 1.0), and the HTTP answer of the function's response."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from offline.twin.endpoint import ACCOUNT
from offline.twin.services.apigateway.answers import RefusedError, Reply
from offline.twin.services.apigateway.definition import Api, Key, Method
from offline.twin.services.apigateway.request import Request


def event(request: Request, api: Api, method: Method, *, path_values: Mapping[str, str], key: Key | None) -> dict[str, Any]:
    """The function's event."""
    is_binary = bool(request.body) and _is_binary(request.content_type, api)
    text = base64.b64encode(request.body).decode() if is_binary else request.body.decode("utf-8", "replace")
    forwarded = [request.header("x-forwarded-for"), request.address]
    headers = [
        *((name, value) for name, value in request.headers if name.lower() not in ("x-forwarded-for", "connection")),
        ("X-Forwarded-For", ", ".join(each for each in forwarded if each)),
        ("X-Forwarded-Proto", "http"),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{request.id.replace('-', '')[:24]}"),
    ]
    return {
        "resource": method.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _multiple(headers),
        "queryStringParameters": dict(request.query) or None,
        "multiValueQueryStringParameters": _multiple(request.query) or None,
        "pathParameters": dict(path_values) or None,
        "stageVariables": None,
        "requestContext": _context(request, api, method, key),
        "body": text or None,
        "isBase64Encoded": is_binary,
    }


def reply(payload: bytes, request: Request, api: Api) -> Reply:
    """The HTTP answer; RefusedError (502) for a response that is malformed."""
    try:
        response = json.loads(payload)
        status = int(response["statusCode"])
        is_encoded, text = bool(response.get("isBase64Encoded")), response.get("body")
        if not (text is None or isinstance(text, str)) or not 100 <= status <= 599:
            raise ValueError("the body is not a text")
        headers = [(name, _text(value)) for name, value in (response.get("headers") or {}).items()]
        for name, values in (response.get("multiValueHeaders") or {}).items():
            headers = [pair for pair in headers if pair[0].lower() != name.lower()]
            headers += [(name, _text(value)) for value in values]
        body = (text or "").encode()
        if is_encoded and _accepts_binary(request, api):
            body = base64.b64decode(body, validate=True)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise RefusedError("DEFAULT_5XX", status=502, message="Internal server error") from None
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Reply(status, headers, body)


def compress(answer: Reply, request: Request, api: Api) -> None:
    """Packs a large answer for a client that accepts it, if the API has compression on."""
    accepts = "gzip" in (request.header("accept-encoding") or "").lower()
    is_encoded = any(name.lower() == "content-encoding" for name, _ in answer.headers)
    if api.smallest_compressed is not None and accepts and not is_encoded and len(answer.body) >= api.smallest_compressed > 0:
        answer.body = gzip.compress(answer.body, compresslevel=6)
        answer.headers.append(("Content-Encoding", "gzip"))


def _context(request: Request, api: Api, method: Method, key: Key | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    identity = dict.fromkeys(
        ("accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId")
    ) | dict.fromkeys(("cognitoIdentityPoolId", "principalOrgId", "user", "userArn"))
    known = {"apiKey": key.value, "apiKeyId": key.id} if key else {}
    return {
        "accountId": ACCOUNT,
        "apiId": api.id,
        "domainName": request.header("host"),
        "domainPrefix": api.id,
        "extendedRequestId": base64.b64encode(request.id.encode()[:11]).decode(),
        "httpMethod": request.method,
        "identity": identity | {"sourceIp": request.address, "userAgent": request.header("user-agent")} | known,
        "path": f"/{api.stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request.id,
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": method.resource_id,
        "resourcePath": method.path,
        "stage": api.stage,
    }


def _multiple(pairs: Any) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise TypeError("a header is not a text")
    text = str(value)
    if "\n" in text or "\r" in text:
        raise ValueError("a header has a line break")
    return text


def _is_binary(content_type: str, api: Api) -> bool:
    return any(kind in ("*/*", content_type) for kind in api.binary_types)


def _accepts_binary(request: Request, api: Api) -> bool:
    """Only the first type that the client accepts counts."""
    return _is_binary((request.header("accept") or "").partition(",")[0].partition(";")[0].strip().lower(), api)
