"""Retries what DynamoDB refuses for a moment: throttling and conflicts of transactions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
ATTEMPTS = 8
BASE_SECONDS, MAX_SECONDS = 0.05, 2.0
MOMENTARY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# SnapStart clones share the state of the default generator; the system's does not repeat.
RANDOM = random.SystemRandom()


def error_codes(error: Exception) -> set[str]:
    """The codes of a client error; of a canceled transaction, those of its actions."""
    response: dict[str, Any] = getattr(error, "response", {})
    code = response.get("Error", {}).get("Code", "")
    if code != "TransactionCanceledException":
        return {code}
    reasons = {reason.get("Code", "None") for reason in response.get("CancellationReasons", ())}
    return (reasons - {"None"}) or {"TransactionConflict"}


def pause(attempt: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits after failed attempt 0, 1, …, with full jitter."""
    sleep(RANDOM.uniform(0, min(MAX_SECONDS, BASE_SECONDS * 2**attempt)))


def retrying(call: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Calls until it succeeds, with full jitter. Raises the last error, or at once one that another attempt cannot change."""
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except Exception as error:
            if attempt == ATTEMPTS - 1 or not error_codes(error) & MOMENTARY or "ConditionalCheckFailed" in error_codes(error):
                raise
            pause(attempt, sleep=sleep)
    raise AssertionError("unreachable")
