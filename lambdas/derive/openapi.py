"""The API as OpenAPI 3.1: docs/openapi.json, and what GET /v1/openapi.json serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from contracts import Contract
from lambdas.common.errors import Kind, kinds_among
from lambdas.common.raw_folders import STREAM
from lambdas.derive.schemas import event_schema
from lambdas.ingest import errors as ingest_errors
from lambdas.ingest.errors import EVENTS, FILE_BYTES, IDEMPOTENCY_LENGTH
from lambdas.ingest.events import FLAGS
from lambdas.ingest.files import FILE_NAME, FOLDER, PACKED, RESERVED, TYPES
from lambdas.serving import errors as serving_errors
from lambdas.serving.parameters import (
    DEFAULT_LIMIT,
    DEFAULT_SPAN,
    DEFAULT_WINDOW,
    HIGHEST_LIMIT,
    ID_CHARACTERS,
    LONGEST_SPAN,
    LONGEST_WINDOW,
    SOURCE,
    TOP_BY,
)

_JSON = "application/json"
_EVENTS_TYPES = (_JSON, "text/plain", "application/x-ndjson", "application/x-www-form-urlencoded", "multipart/form-data")
_TIME = {"type": "string", "format": "date-time"}


def _whole(default: int, highest: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": highest, "default": default}


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)} minutes"


# By query parameter of the serving routes: what it is, and its schema.
_QUERY: dict[str, tuple[str, dict[str, Any]]] = {
    "window": ("Length of the windows in seconds.", _whole(DEFAULT_WINDOW, LONGEST_WINDOW)),
    "since": (f"Begin, {_minutes(LONGEST_SPAN)} before until at most, and by default {_minutes(DEFAULT_SPAN)}.", _TIME),
    "until": ("End; by default now.", _TIME),
    "by": ("What counts.", {"type": "string", "enum": list(TOP_BY), "default": TOP_BY[0]}),
    "limit": ("How many products.", _whole(DEFAULT_LIMIT, HIGHEST_LIMIT)),
    "source": (
        "The source that the lake knows the customer or product from.",
        {"type": "string", "pattern": f"^{SOURCE.pattern}$", "default": STREAM},
    ),
}
EXAMPLE = {
    "event_type": "view",
    "event_time": "2026-11-26T10:00:00Z",
    "session_id": "s-1",
    "product_id": "mug",
    "price": "12.50",
    "currency": "EUR",
}


def document(contract: Contract) -> dict[str, Any]:
    """The whole document."""
    schema = {key: value for key, value in event_schema(contract).items() if key not in ("$schema", "$id")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "shoplake",
            "version": contract.version,
            "description": "Takes events and files of a shop, and serves what the lake knows about it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The output ApiUrl of the api stack."}],
        "paths": {**_ingest_paths(), **_serving_paths()},
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "keyInQuery": {"type": "apiKey", "in": "query", "name": "key"},
            },
            "schemas": {"Event": schema, **_answers()},
        },
    }


def _ingest_paths() -> dict[str, Any]:
    statuses = {
        "202": "All events were accepted.",
        "200": "Some events were accepted; `results` has the reasons for the others.",
        "422": "No event was accepted.",
        "503": "Some events are not on the stream: `results` names them. Send the same body again after Retry-After.",
    }
    idempotency = {"type": "string", "maxLength": IDEMPOTENCY_LENGTH}
    events = {
        "operationId": "postEvents",
        "summary": f"Take up to {EVENTS} events.",
        "description": "One event, a list, an object with `events`, NDJSON, or a form with the field `events`; also as gzip.",
        "security": [{"key": []}, {"keyInQuery": []}, {}],
        "parameters": [_parameter("idempotency-key", "header", "Part of the IDs of events that have none.", idempotency)],
        "requestBody": {"required": True, "content": {name: _events_content(name) for name in _EVENTS_TYPES}},
        "responses": {code: _response(text, "Results") for code, text in statuses.items()}
        | {str(status): _refusal(status, ingest_errors.kinds()) for status in (400, 401, 403, 413, 415, 429)},
    }
    folder = {"type": "string", "pattern": f"^{FOLDER.pattern}$", "not": {"enum": list(RESERVED)}}
    source = _parameter("source", "path", "Name of the source's folder.", folder)
    files = {
        "operationId": "postFile",
        "summary": "Get a URL to upload one file for the next batch.",
        "security": [{"key": []}],
        "parameters": [source],
        "requestBody": {"required": True, "content": {_JSON: {"schema": _ref("File")}}},
        "responses": {"201": _response("PUT the file to `url` with these headers.", "Upload")}
        | {str(status): _refusal(status, ingest_errors.kinds()) for status in (400, 401, 403, 413, 422, 429, 503)},
    }
    return {
        "/v1/events": {"post": events},
        "/v1/files/{source}": {"post": files},
        "/v1/shoplake.js": {"get": _static("getTracker", "The browser tracker.", "text/javascript")},
        "/v1/openapi.json": {"get": _static("getOpenApi", "This document.", _JSON)},
    }


def _serving_paths() -> dict[str, Any]:
    """Paths of the serving function, with their parameters; its answers are objects."""
    span, source = ("since", "until"), ("source",)
    paths: Sequence[tuple[str, str, str, tuple[str, ...]]] = (
        ("/v1/live/metrics", "getLiveMetrics", "Counts, revenue and active users, window by window.", ("window", *span)),
        ("/v1/live/top-products", "getTopProducts", "Products with the most events.", ("by", "limit", *span)),
        ("/v1/customers/{id}", "getCustomer", "Segment, RFM, value, churn, unusual activity and live features.", source),
        ("/v1/customers/{id}/recommendations", "getRecommendations", "Products for a customer.", source),
        ("/v1/products/{id}/related", "getRelatedProducts", "Products bought together with a product.", source),
    )
    return {path: {"get": _serving(path, name, summary, query)} for path, name, summary, query in paths}


def _serving(path: str, name: str, summary: str, query: Sequence[str]) -> dict[str, Any]:
    identifier = {"type": "string", "minLength": 1, "maxLength": ID_CHARACTERS}
    parameters = [_parameter("id", "path", "ID in the shop.", identifier)] if "{id}" in path else []
    parameters += [_parameter(each, "query", *_QUERY[each]) for each in query]
    responses = {
        "200": {"description": "The data.", "content": {_JSON: {"schema": {"type": "object"}}}},
        "304": {"description": "Unchanged since the ETag in If-None-Match."},
        "403": _response("The key is missing or not the server key.", "Refusal"),
    } | {str(status): _refusal(status, serving_errors.kinds()) for status in (400, 404, 503)}
    return {"operationId": name, "summary": summary, "security": [{"key": []}], "parameters": parameters, "responses": responses}


def _static(name: str, summary: str, content_type: str) -> dict[str, Any]:
    responses = {
        "200": {"description": "The file.", "content": {content_type: {}}},
        "304": {"description": "Unchanged since the ETag in If-None-Match."},
    }
    return {"operationId": name, "summary": summary, "security": [], "responses": responses}


def _events_content(content_type: str) -> dict[str, Any]:
    if content_type == _JSON:
        events = {"type": "array", "minItems": 1, "maxItems": EVENTS, "items": _ref("Event")}
        envelope = {
            "type": "object",
            "required": ["events"],
            "properties": {"key": {"type": "string"}, "events": events},
        }
        return {"schema": {"anyOf": [_ref("Event"), envelope, events]}, "example": EXAMPLE}
    if "form" in content_type:
        properties = {"events": {"type": "string"}, "key": {"type": "string"}}
        return {"schema": {"type": "object", "required": ["events"], "properties": properties}}
    return {"schema": {"type": "string"}}


def _answers() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    error = _object(
        {"code": {"enum": [kind.code for kind in all_kinds()]}, "field": {"type": "string"}, "message": {"type": "string"}},
        required=("code", "message"),
    )
    errors = {"type": "array", "items": _ref("Error")}
    result = {
        "index": count,
        "status": {"enum": ["accepted", "rejected", "failed"]},
        "event_id": {"type": "string"},
        "errors": errors,
    }
    counts = {"accepted": count, "rejected": count, "failed": count}
    results = {"type": "array", "items": _ref("Result")}
    return {
        "Error": error,
        "Result": _object(result, required=("index", "status")),
        "Results": _object({**counts, "results": results, "errors": errors}, required=tuple(counts)),
        "Refusal": _object({**counts, "errors": errors}, required=("errors",)),
        "File": _object(
            {
                "kind": {"type": "string", "pattern": f"^{FOLDER.pattern}$"},
                "name": {"type": "string", "allOf": [{"pattern": f"^{FILE_NAME.pattern}$"}, {"pattern": _suffixes()}]},
                "size": {"type": "integer", "minimum": 1, "maximum": FILE_BYTES},
            },
            required=("kind", "name", "size"),
        ),
        "Upload": _object(
            {
                "method": {"const": "PUT"},
                "url": {"type": "string"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "key": {"type": "string"},
                "expires_in": count,
            },
            required=("method", "url", "headers", "key", "expires_in"),
        ),
        "Flag": {"enum": list(FLAGS), "description": "; ".join(f"{flag}: {meaning}" for flag, meaning in FLAGS.items())},
    }


def _suffixes() -> str:
    """Suffixes of files, in any case: schemas have no flag for that."""
    types, packed = (
        "|".join("".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in each) for each in group)
        for group in (TYPES, PACKED)
    )
    return rf".\.({types})(\.({packed}))?$|\.[zZ][iI][pP]$"


def _object(properties: dict[str, Any], *, required: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": _ref(schema)}}}


def all_kinds() -> list[Kind]:
    """Every numbered error, of all functions."""
    return kinds_among((*ingest_errors.kinds(), *serving_errors.kinds()))


def _refusal(status: int, kinds: Iterable[Kind]) -> dict[str, Any]:
    found = [kind for kind in kinds if kind.status == status]
    return _response(" ".join(f"{kind.code}: {kind.meaning}" for kind in found), "Refusal")


def _parameter(name: str, place: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}
