"""The answers that API Gateway gives by itself, in the form of all other answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway


@dataclass(frozen=True)
class Answer:
    """A response of API Gateway by its type there: status (None keeps it), code of docs/api.md, and the sentence."""

    kind: str
    status: int | None
    code: int
    message: str


ANSWERS = (
    Answer("DEFAULT_4XX", None, 4000, "The API refused the request; docs/api.md describes what it takes."),
    Answer("DEFAULT_5XX", None, 5001, "The API failed; send the same request again."),
    Answer("BAD_REQUEST_BODY", 400, 4102, "The body does not have the form that docs/api.md describes."),
    Answer("BAD_REQUEST_PARAMETERS", 400, 4000, "A parameter is missing or invalid; docs/api.md lists them."),
    Answer("ACCESS_DENIED", 403, 4204, "The key may not do this; use the key for servers."),
    Answer("INVALID_API_KEY", 403, 4202, "The key is missing or unknown; send the server key in the header x-api-key."),
    Answer("WAF_FILTERED", 403, 4000, "The firewall refused the request."),
    # API Gateway's name for a path or method that the API does not have.
    Answer("MISSING_AUTHENTICATION_TOKEN", 404, 4301, "There is no such route; docs/api.md lists paths and methods."),
    Answer("RESOURCE_NOT_FOUND", 404, 4301, "There is no such route; docs/api.md lists paths and methods."),
    Answer("REQUEST_TOO_LARGE", 413, 4131, "The body is too large; send at most 1 MB."),
    Answer("UNSUPPORTED_MEDIA_TYPE", 415, 4107, "The content type is not supported; docs/api.md lists those that are."),
    Answer("THROTTLED", 429, 4291, "Too many requests; send the same request again after the time in Retry-After."),
    Answer("QUOTA_EXCEEDED", 429, 4291, "Too many requests; send the same request again after the time in Retry-After."),
    Answer("INTEGRATION_FAILURE", 504, 5041, "The function could not be reached; send the same request again."),
    Answer("INTEGRATION_TIMEOUT", 504, 5041, "The function did not answer in time; send the same request again."),
)
RETRIED = (429, 504)
RETRY_AFTER = "'1'"


def body(code: int, message: str) -> str:
    """An answer's body, as the functions write it."""
    return json.dumps({"accepted": 0, "rejected": 0, "failed": 0, "errors": [{"code": code, "message": message}]})


def add_gateway_responses(api: apigateway.RestApi) -> None:
    """Give all of API Gateway's own answers our form, and headers with which a page may read them."""
    for answer in ANSWERS:
        api.add_gateway_response(
            answer.kind.title().replace("_", ""),
            type=apigateway.ResponseType.of(answer.kind),
            status_code=str(answer.status) if answer.status else None,
            response_headers=dict(_headers(answer)),
            templates={"application/json": body(answer.code, answer.message)},
        )


def _headers(answer: Answer) -> Iterator[tuple[str, str]]:
    # Browsers hide an answer without it from the page. The answers hold no data, and the API uses no cookies.
    yield "Access-Control-Allow-Origin", "'*'"
    yield "Access-Control-Expose-Headers", "'Retry-After'"
    if answer.status in RETRIED:
        yield "Retry-After", RETRY_AFTER
