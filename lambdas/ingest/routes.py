"""Which request gets which answer."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from lambdas.common import logs
from lambdas.common.errors import BAD_METHOD, NO_ROUTE
from lambdas.ingest import rejects
from lambdas.ingest.bodies import Body, parse, plain_bytes
from lambdas.ingest.errors import (
    BAD_HEADER,
    EMPTY,
    IDEMPOTENCY_LENGTH,
    INTERNAL,
    KEY_NOT_ENOUGH,
    NOT_JSON,
    ORIGIN,
    SECRET_IN_URL,
    Problem,
    RequestError,
    refuse,
)
from lambdas.ingest.events import Sender
from lambdas.ingest.files import upload_of
from lambdas.ingest.json_text import read
from lambdas.ingest.keys import Key, key_of
from lambdas.ingest.privacy import is_bot, truncated
from lambdas.ingest.requests import Answer, Request, error_answer, json_answer
from lambdas.ingest.service import Services, idempotency_key, store_rejected, take_events
from lambdas.ingest.static import asset

CORS = {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "content-type, content-encoding, x-api-key, idempotency-key",
    "access-control-expose-headers": "retry-after, etag",
    "access-control-max-age": "86400",
}
UPLOAD_SECONDS = 900
_FILES = "/v1/files/"
_Reply = Callable[[Request, Services], Answer]


def answer(request: Request, services: Services) -> Answer:
    """The answer to any request; a fault of the code itself becomes a logged 500."""
    try:
        found = _answer(request, services)
    except RequestError as error:
        found = error_answer(error.problem, error.headers)
    except Exception as error:  # noqa: BLE001 - the sender gets an answer, the log gets the place; its text may hold personal data
        trace = error.__traceback__
        places = []
        while trace:
            places.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
            trace = trace.tb_next
        logs.error("fault in the function", kind=type(error).__name__, places=places)
        found = error_answer(Problem(INTERNAL, INTERNAL.meaning))
    return Answer(found.status, found.body, {**_cors(request, services), **found.headers}, found.counts)


def _cors(request: Request, services: Services) -> dict[str, str]:
    """Headers with which a page may read the answer, if its origin is allowed."""
    if "*" in services.allowed_origins:
        return {"access-control-allow-origin": "*", **CORS}
    origin = request.headers.get("origin", "")
    allowed = {"access-control-allow-origin": origin} if origin in services.allowed_origins else {}
    return {"vary": "origin", **allowed, **CORS}


def _answer(request: Request, services: Services) -> Answer:
    path = request.path.rstrip("/") or "/"
    method, reply = _FILE_ROUTE if path.startswith(_FILES) else _ROUTES.get(path, ("", None))
    if reply is None:
        raise refuse(NO_ROUTE, "See /v1/openapi.json.")
    if request.method == "OPTIONS":
        return Answer(204)
    if request.method != method:
        raise RequestError(Problem(BAD_METHOD, f"{BAD_METHOD.meaning} Use {method}."), headers={"allow": f"{method}, OPTIONS"})
    return reply(request, services)


def _static(request: Request, _services: Services) -> Answer:
    found = asset(request.path.rstrip("/").rpartition("/")[2])
    seen = request.headers.get("if-none-match", "")
    if seen == "*" or found.headers["etag"] in seen:
        return Answer(304, headers=found.headers)
    return Answer(200, found.text, found.headers)


def _events(request: Request, services: Services) -> Answer:
    presented = request.headers.get("x-api-key") or request.query.get("key")
    # Without a key outside of the body, the body has to be read to find one.
    key = _key(presented, request, services) if presented else None
    if len(idempotency_key(request)) > IDEMPOTENCY_LENGTH:
        raise refuse(BAD_HEADER)
    data = plain_bytes(request.body, is_base64=request.is_base64, encoding=request.headers.get("content-encoding", ""))
    try:
        body = parse(data, content_type=request.headers.get("content-type", ""))
    except RequestError as error:
        if key is None:
            key = _key(None, request, services)
        return _unreadable(error, key, request=request, services=services)
    key = key or _key(body.key, request, services)
    if key is Key.SERVER and not request.headers.get("x-api-key"):
        raise refuse(SECRET_IN_URL)
    if not body.events:
        raise refuse(EMPTY, "The list of events has none.")
    return _take(body, data, key=key, request=request, services=services)


def _take(body: Body, data: bytes, *, key: Key, request: Request, services: Services) -> Answer:
    sender = Sender(
        key=key,
        received=request.received,
        ip=truncated(request.ip),
        currency=services.currency,
        is_bot=key is Key.PUBLISHABLE and is_bot(request.headers.get("user-agent", "")),
        idempotency=idempotency_key(request),
        hash_key=services.hash_key,
    )
    return take_events(body, data, sender=sender, request=request, services=services)


def _unreadable(error: RequestError, key: Key, *, request: Request, services: Services) -> Answer:
    """A body that cannot be read counts as one rejected event. Its bytes are kept: a page that closes sees no answer."""
    if error.body is None:
        raise error
    rejected = [rejects.Rejected(None, [error.problem], error.body)]
    store_rejected(rejected, error.body, request=request, services=services, sender={"key": key.value})
    return error_answer(error.problem, error.headers, rejected=1)


def _key(presented: str | None, request: Request, services: Services) -> Key:
    origin = request.headers.get("origin")
    key = key_of(presented, origin=origin, publishable=services.publishable_key, server=services.server_key)
    if origin and not {"*", origin} & services.allowed_origins:
        raise refuse(ORIGIN)
    return key


def _file(request: Request, services: Services) -> Answer:
    if _key(request.headers.get("x-api-key"), request, services) is not Key.SERVER:
        raise refuse(KEY_NOT_ENOUGH)
    data = plain_bytes(request.body, is_base64=request.is_base64, encoding=request.headers.get("content-encoding", ""))
    try:
        wanted = read(data.decode("utf-8-sig"))
    except ValueError:
        raise refuse(NOT_JSON) from None
    upload = upload_of(unquote(request.path.removeprefix(_FILES)), wanted, received=request.received)
    url, headers = services.storage.presigned(upload, seconds=UPLOAD_SECONDS)
    content = {"method": "PUT", "url": url, "headers": headers, "key": upload.key, "expires_in": UPLOAD_SECONDS}
    return json_answer(201, content, counts={"Uploads": 1})


_FILE_ROUTE: tuple[str, _Reply] = ("POST", _file)
_ROUTES: dict[str, tuple[str, _Reply]] = {
    "/v1/events": ("POST", _events),
    "/v1/shoplake.js": ("GET", _static),
    "/v1/openapi.json": ("GET", _static),
}
