"""Puts records on the stream: only failed ones again, with full-jitter backoff, within the time that is left."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lambdas.ingest.packing import Record, calls

BASE_SECONDS = 0.05
CAP_SECONDS = 2.0
# No call begins later: it may take 4 s, and the answer has to be out before Lambda ends the invocation.
RESERVE_SECONDS = 5.0
# Lambda may start copies of one prepared process: the seed of `random` would be the same in all of them.
_chance = random.SystemRandom()


class StreamError(Exception):
    """A call failed as a whole; it is unknown whether the stream has its records. `may_pass` is false for a wrong permission."""

    def __init__(self, code: str, *, may_pass: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.may_pass = may_pass


class Stream(Protocol):
    """The stream, whichever service it is."""

    def put(self, records: Sequence[Record]) -> list[str | None]:
        """For each record the error code, or None if the stream took it. StreamError if the call failed or took 4 s."""
        ...


@dataclass
class Clock:
    """The time that is left, and a way to wait; tests bring their own."""

    remaining: Callable[[], float]
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)
    jitter: Callable[[float], float] = field(default=lambda limit: _chance.uniform(0, limit))


@dataclass
class Delivery:
    """The outcome: records that are not known to be on the stream, the calls made, and the last error code."""

    failed: list[Record]
    attempts: int = 0
    code: str | None = None


def deliver(records: Sequence[Record], stream: Stream, clock: Clock) -> Delivery:
    """Put all records, or say which are not known to be on the stream when the time is used up.

    A call that timed out may have been written. Its records are put again: consumers drop the second copy by event_id.
    """
    result = Delivery(failed=list(records))
    while result.failed and (result.attempts == 0 or clock.remaining() > RESERVE_SECONDS):
        result.failed, may_pass = _round(result, stream, clock)
        if not result.failed or not may_pass:
            break
        wait = clock.jitter(min(CAP_SECONDS, BASE_SECONDS * 2.0**result.attempts))
        if wait >= clock.remaining() - RESERVE_SECONDS:
            break
        clock.sleep(wait)
    return result


def _round(result: Delivery, stream: Stream, clock: Clock) -> tuple[list[Record], bool]:
    """One try for each record that is left: what failed, and whether another round may help."""
    failed: list[Record] = []
    may_pass = True
    result.attempts += 1
    for group in calls(result.failed):
        try:
            codes = stream.put(group) if clock.remaining() > RESERVE_SECONDS else ["NoTimeLeft"] * len(group)
        except StreamError as error:
            codes = [error.code] * len(group)
            may_pass = may_pass and error.may_pass
        failed += [record for record, code in zip(group, codes, strict=True) if code]
        result.code = next((code for code in codes if code), result.code)
    return failed, may_pass
