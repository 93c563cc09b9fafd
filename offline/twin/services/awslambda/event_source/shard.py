"""Delivers one shard to one function: batches in order, retries, bisection, checkpoints."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from offline.twin.services.awslambda.answers import Answer, ThrottledError
from offline.twin.services.awslambda.event_source.failures import AGE_EXCEEDED, RETRIES_EXHAUSTED, Failure, GivenUp, judge
from offline.twin.services.awslambda.event_source.mapping import Mapping
from offline.twin.services.awslambda.event_source.stream import Checkpoint, Checkpoints, Record, Stream, as_event

PAYLOAD_BYTES = 6 << 20
ENVELOPE = len('{"Records": []}')
POLL_SECONDS = 1.0
# While a batch fills.
FILL_SECONDS = 0.1
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0


@dataclass(frozen=True)
class Entry:
    """A record with its JSON in the function's event."""

    record: Record
    text: str


@dataclass(frozen=True)
class Batch:
    """Records to deliver; `retries` counts against the limit, `invocations` is for the failure record."""

    entries: tuple[Entry, ...]
    retries: int = 0
    invocations: int = 0
    answer: Answer | None = None

    def part(self, start: int, end: int | None = None) -> Batch:
        return replace(self, entries=self.entries[start:end])


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the delivery works with. `give_up` stores records that are skipped; it raises OSError to be called again later."""

    stream: Stream
    invoke: Callable[[bytes], Answer]
    give_up: Callable[[GivenUp], None]
    checkpoints: Checkpoints
    clock: Callable[[], float]


class ShardDelivery:
    """The delivery of one shard; one batch at a time, which is a parallelization factor of 1."""

    def __init__(self, mapping: Mapping, shard_id: str, ports: Ports) -> None:
        self._mapping, self._ports, self.shard_id = mapping, ports, shard_id
        self._created = ports.stream.created
        self._buffer: list[Entry] = []
        self._bytes = ENVELOPE
        self._batches: deque[Batch] = deque()
        self._resume_at = -math.inf
        self._throttles = 0
        self._window_end = ports.clock() + mapping.window_seconds
        self._checkpoint = self._start()
        self._read_to = self._checkpoint.after

    @property
    def is_finished(self) -> bool:
        """Whether the shard is closed and all its records are done."""
        return self._checkpoint.is_finished

    @property
    def is_working(self) -> bool:
        """Whether there are records that were read and are not done."""
        return bool(self._buffer or self._batches)

    def poll(self) -> float:
        """Does what is due: reads, or invokes once. Returns the seconds until there can be more to do."""
        now = self._ports.clock()
        if not self._batches:
            return self._gather(now)
        return self._deliver(now) if now >= self._resume_at else self._resume_at - now

    def _start(self) -> Checkpoint:
        saved = self._ports.checkpoints.load(self._mapping.stream_arn, self._created, self.shard_id)
        return saved or Checkpoint()

    def _gather(self, now: float) -> float:
        """Reads until the batch is full or its window ends."""
        missing = self._mapping.batch_size - len(self._buffer)
        page = self._ports.stream.read(self.shard_id, after=self._read_to, limit=missing)
        is_full = len(page.records) >= missing
        for record in page.records:
            text = json.dumps(as_event(record, self.shard_id, self._mapping.stream_arn))
            if self._buffer and self._bytes + len(text) + 2 > PAYLOAD_BYTES:
                is_full = True
                break
            self._buffer.append(Entry(record, text))
            self._bytes += len(text) + 2
            self._read_to = record.sequence_number
        if not self._buffer:
            if page.is_end:
                self._save(Checkpoint(self._checkpoint.after, is_finished=True))
                return 0.0
            if now >= self._window_end:
                self._window_end = now + self._mapping.window_seconds
            return POLL_SECONDS
        if not (is_full or page.is_end or now >= self._window_end):
            return min(self._window_end - now, FILL_SECONDS)
        self._batches.append(Batch(tuple(self._buffer)))
        self._buffer, self._bytes = [], ENVELOPE
        return 0.0

    def _deliver(self, now: float) -> float:
        batch = self._batches[0]
        expired = self._expired(batch, now)
        if expired:
            self._give_up(batch.part(0, expired), AGE_EXCEEDED, rest=batch.part(expired))
            return self._delay(now)
        event = '{"Records": [' + ", ".join(entry.text for entry in batch.entries) + "]}"
        try:
            answer = self._ports.invoke(event.encode())
        except ThrottledError:
            self._throttles += 1
            return self._wait(self._throttles)
        self._throttles = 0
        batch = replace(batch, invocations=batch.invocations + 1, answer=answer)
        numbers = [entry.record.sequence_number for entry in batch.entries]
        failure = judge(answer, numbers, reports_failures=self._mapping.reports_failures)
        if failure is None:
            self._complete(batch)
        else:
            self._retry(batch, failure)
        return self._delay(self._ports.clock())

    def _expired(self, batch: Batch, now: float) -> int:
        """How many records at the batch's beginning are too old."""
        limits = (self._mapping.max_age_seconds, self._ports.stream.retention_seconds)
        oldest = now - min(limit for limit in limits if limit is not None)
        fresh = (position for position, entry in enumerate(batch.entries) if entry.record.arrived_at >= oldest)
        return next(fresh, len(batch.entries))

    def _complete(self, batch: Batch) -> None:
        self._replace_first()
        self._save(Checkpoint(batch.entries[-1].record.sequence_number))

    def _retry(self, batch: Batch, failure: Failure) -> None:
        """Puts back what is to be delivered again. A split does not count as a retry; everything else does, also progress."""
        if failure.position is None and self._mapping.bisect and len(batch.entries) > 1:
            middle = len(batch.entries) // 2
            self._replace_first(batch.part(0, middle), batch.part(middle))
            return
        rest = batch
        is_split = False
        if failure.position:
            self._save(Checkpoint(batch.entries[failure.position - 1].record.sequence_number))
            rest, is_split = batch.part(failure.position), self._mapping.bisect
        if is_split:
            self._replace_first(rest)
        elif self._mapping.max_retries is not None and rest.retries >= self._mapping.max_retries:
            self._give_up(rest, RETRIES_EXHAUSTED)
        else:
            self._replace_first(replace(rest, retries=rest.retries + 1))
            self._wait(rest.retries + 1)

    def _give_up(self, batch: Batch, condition: str, *, rest: Batch | None = None) -> None:
        """Skips the batch, once its record is stored."""
        given_up = GivenUp(
            condition=condition,
            invocations=max(1, batch.invocations),
            answer=batch.answer if condition == RETRIES_EXHAUSTED else None,
            shard_id=self.shard_id,
            events=[json.loads(entry.text) for entry in batch.entries],
            at=self._ports.clock(),
        )
        try:
            self._ports.give_up(given_up)
        except OSError:
            self._replace_first(batch, *([rest] if rest and rest.entries else []))
            self._wait(1)
            return
        self._replace_first(*([rest] if rest and rest.entries else []))
        self._save(Checkpoint(batch.entries[-1].record.sequence_number))

    def _replace_first(self, *batches: Batch) -> None:
        self._batches.popleft()
        self._batches.extendleft(reversed(batches))
        if not self._batches:
            self._window_end = self._ports.clock() + self._mapping.window_seconds

    def _save(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._ports.checkpoints.save(self._mapping.stream_arn, self._created, self.shard_id, checkpoint)

    def _wait(self, count: int) -> float:
        seconds: float = min(FIRST_DELAY_SECONDS * 2 ** (min(count, 10) - 1), LONGEST_DELAY_SECONDS)
        self._resume_at = self._ports.clock() + seconds
        return seconds

    def _delay(self, now: float) -> float:
        return max(0.0, self._resume_at - now)
