"""Token buckets, as API Gateway throttles: so many requests per second, and so many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from offline.twin.services.apigateway.definition import Limit


class Throttle:
    """A bucket for each key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def allows(self, key: Hashable, limit: Limit) -> bool:
        """Whether one more request is within the limit; it counts if it is."""
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.get(key, (limit.burst, now))
            tokens = min(limit.burst, tokens + (now - then) * limit.rate)
            is_allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if is_allowed else tokens, now)
            return is_allowed
