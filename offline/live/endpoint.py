"""The API's address and key, and one request to it with retries."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from contracts.errors import PlatformError, UsageError

# What may be over after a while: throttles, a busy stream, a restart.
PASSING = (429, 500, 502, 503, 504)
ANSWERED = (200, 202, 422)
BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.2, 20.0


@dataclass
class Outcome:
    """What became of one batch. `problems` are the first reasons why events were rejected."""

    accepted: int
    rejected: int
    retries: int
    problems: list[str] = field(default_factory=list)


class Endpoint:
    """The events route of one API. Sending a batch again is safe, because its events keep their IDs."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        patience_seconds: float,
        sleep: Callable[[float], None],
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in (("http", "127.0.0.1"), ("http", "localhost")):
            raise UsageError(f"{url}: expected an address that begins with https://, since the key is sent with every request.")
        self.url = f"{url.rstrip('/')}/v1/events"
        self._headers = {
            "user-agent": "shoplake-produce",
            "x-api-key": key,
            "content-encoding": "gzip",
            "content-type": "application/json",
        }
        self._patience, self._sleep, self._draw = patience_seconds, sleep, draw
        self._pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=urllib3.Timeout(connect=5, read=35))

    def send(self, events: Sequence[Mapping[str, Any]]) -> Outcome:
        """Send up to 500 events, again with full-jitter backoff while the API is busy or cannot be reached.

        PlatformError when it stays so, UsageError when the request is refused as a whole.
        """
        body = gzip.compress(json.dumps(list(events), separators=(",", ":")).encode(), compresslevel=1)
        waited, retries = 0.0, 0
        while True:
            status, answer, reason, least = self._attempt(body)
            if status in ANSWERED:
                return _outcome(answer, retries)
            if status is not None and status not in PASSING:
                raise UsageError(f"{self.url}: refused the request ({status}: {reason}).")
            if waited >= self._patience:
                raise PlatformError(
                    f"{self.url}: gave up after {waited:.0f} s of retries ({reason}); run the same command again to continue."
                )
            # Full jitter: many producers that failed together do not come back together.
            longest = min(LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2**retries)
            pause = max(least, self._draw(0, longest))
            self._sleep(pause)
            waited += max(pause, 0.01)
            retries += 1

    def _attempt(self, body: bytes) -> tuple[int | None, Mapping[str, Any], str, float]:
        """Status (None: not reached), the answer, why it is no success, and the seconds to wait at least."""
        try:
            response = self._pool.request("POST", self.url, body=body, headers=self._headers)
        except HTTPError as error:
            return None, {}, type(error).__name__, 0.0
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = {}
        answer = answer if isinstance(answer, dict) else {}
        errors = answer.get("errors") or [{}]
        reason = errors[0].get("message") or f"HTTP {response.status}"
        after = response.headers.get("retry-after", "")
        return response.status, answer, reason, float(after) if after.isdigit() else 0.0


def _outcome(answer: Mapping[str, Any], retries: int) -> Outcome:
    results = answer.get("results", [])
    problems = [
        f"{problem.get('field') or 'event'}: {problem['message']}" for result in results for problem in result.get("errors", [])
    ]
    return Outcome(int(answer.get("accepted", 0)), int(answer.get("rejected", 0)), retries, problems[:3])
