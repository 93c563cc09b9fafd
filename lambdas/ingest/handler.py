"""The entry point: Lambda calls `handle` for every request of API Gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.common import logs
from lambdas.ingest.api_gateway import request_of, response_of
from lambdas.ingest.deployment import Deployment
from lambdas.ingest.routes import answer

_DEPLOYMENT = Deployment()


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The answer to one request (Lambda proxy integration, payload 1.0)."""
    reply = answer(request_of(event, context), _DEPLOYMENT)
    if reply.counts:
        logs.metrics(reply.counts, dimensions={"Service": "ingest", "Environment": _DEPLOYMENT.environment})
    return response_of(reply)
