"""The entry point: Lambda calls `handle` for every request of API Gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The answer to one request (Lambda proxy integration, payload 1.0)."""
    raise NotImplementedError
