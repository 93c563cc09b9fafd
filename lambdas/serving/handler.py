"""Entry point of the serving function."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

from lambdas.common.table import Table
from lambdas.serving.http import request_of, response_of
from lambdas.serving.results import Results
from lambdas.serving.routes import answer


@functools.cache
def _results() -> Results:
    return Results(live=Table(os.environ["LIVE_TABLE"]), serving=Table(os.environ["SERVING_TABLE"]))


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answers one request of API Gateway (payload 1.0)."""
    return response_of(answer(request_of(event), _results))
