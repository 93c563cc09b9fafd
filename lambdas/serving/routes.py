"""Routes of the serving API. Whatever comes in, the answer is a result or a sentence."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.common import logs
from lambdas.common.errors import BAD_METHOD, NO_ROUTE
from lambdas.common.raw_folders import STREAM
from lambdas.serving.errors import NO_TABLES, RequestError
from lambdas.serving.http import Answer, Request
from lambdas.serving.parameters import TOP_BY, choice, item_id, limit, source, span, window
from lambdas.serving.results import Results

LIVE_SECONDS, PUBLISHED_SECONDS = 1, 60


def answer(request: Request, results: Callable[[], Results]) -> Answer:
    """The answer to a request."""
    try:
        found = _route(request, results())
    except RequestError as error:
        return _refusal(error)
    except Exception as error:  # noqa: BLE001 - no input leads here; DynamoDB does if it is not available
        logs.error("request failed", error=type(error).__name__, route=request.segments[1:2])
        retry = {"Retry-After": "5"}
        return _refusal(RequestError(NO_TABLES, "The tables are not available; ask again in 5 seconds.", **retry))
    return found


def _refusal(error: RequestError) -> Answer:
    return Answer(status=error.kind.status, content=error.as_json(), headers=error.headers)


def _route(request: Request, results: Results) -> Answer:
    if request.method not in {"GET", "HEAD"}:
        raise RequestError(BAD_METHOD, f"{request.method or 'This method'} is not allowed here; use GET.", Allow="GET")
    tags = request.tags
    match request.segments:
        case ("v1", "live", "metrics"):
            since, until = span(request.query)
            content = results.metrics(seconds=window(request.query), since=since, until=until)
            return Answer(status=200, content=content, seconds=LIVE_SECONDS, tags=tags)
        case ("v1", "live", "top-products"):
            since, until = span(request.query)
            by = choice(request.query, "by", TOP_BY)
            content = results.top_products(since=since, until=until, by=by, limit=limit(request.query))
            return Answer(status=200, content=content, seconds=LIVE_SECONDS, tags=tags)
        case ("v1", "customers", customer):
            content = results.customer(item_id(customer, "customer"), source=source(request.query, default=STREAM))
            return Answer(status=200, content=content, seconds=LIVE_SECONDS, tags=tags)
        case ("v1", "customers", customer, "recommendations"):
            content = results.recommendations(item_id(customer, "customer"), source=source(request.query, default=STREAM))
            return Answer(status=200, content=content, seconds=PUBLISHED_SECONDS, tags=tags)
        case ("v1", "products", product, "related"):
            content = results.related(item_id(product, "product"), source=source(request.query, default=STREAM))
            return Answer(status=200, content=content, seconds=PUBLISHED_SECONDS, tags=tags)
    raise RequestError(NO_ROUTE, "There is no such route; the routes are in /v1/openapi.json.")
