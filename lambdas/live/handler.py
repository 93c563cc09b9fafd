"""Entry point of the live function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handles one batch of Kinesis records; returns the first record that failed, if any."""
    raise NotImplementedError
