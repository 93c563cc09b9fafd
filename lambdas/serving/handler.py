"""Entry point of the serving function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request of API Gateway (payload 1.0)."""
    raise NotImplementedError
