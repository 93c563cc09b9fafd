"""Waits for a query of Athena to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from contracts.errors import PlatformError

# Athena takes a second or so for a small query.
WAIT_SECONDS = 0.2


def failure(client: Any, query: str, *, seconds: float, sleep: Callable[[float], None] = time.sleep) -> str:
    """Why the query failed, in Athena's words; empty if it succeeded. PlatformError, and no more query, after `seconds`."""
    for _ in range(round(max(seconds, 0) / WAIT_SECONDS) + 1):
        status = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return ""
        if status["State"] in ("FAILED", "CANCELLED"):
            return str(status.get("StateChangeReason", "the query was canceled"))
        sleep(WAIT_SECONDS)
    client.stop_query_execution(QueryExecutionId=query)
    raise PlatformError(f"Athena took more than {seconds:.0f} s")
