"""A stream in memory with a clock, for an event source mapping that needs no server and no waiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.lazy import lazy

Answer = lazy("offline.twin.services.awslambda.answers", "Answer")
GivenUp = lazy("offline.twin.services.awslambda.event_source.failures", "GivenUp")
Mapping = lazy("offline.twin.services.awslambda.event_source.mapping", "Mapping")
Ports = lazy("offline.twin.services.awslambda.event_source.shard", "Ports")
EventSource = lazy("offline.twin.services.awslambda.event_source.source", "EventSource")
Checkpoint = lazy("offline.twin.services.awslambda.event_source.stream", "Checkpoint")
Page = lazy("offline.twin.services.awslambda.event_source.stream", "Page")
Record = lazy("offline.twin.services.awslambda.event_source.stream", "Record")
Shard = lazy("offline.twin.services.awslambda.event_source.stream", "Shard")

START = 1_700_000_000.0
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:live"
UUID = "6f1f4c9e-0000-4000-8000-000000000001"
DAY = 86_400


@dataclass
class World:
    """A stream in memory, a clock, a function that answers by `behave`, and what was observed."""

    behave: Callable[[list[str]], Any] = lambda _: None
    now: float = START
    created: str = "2026-11-26T10:00:00Z"
    retention_seconds: float = DAY
    records: dict[str, list[Record]] = field(default_factory=lambda: {"shardId-0": []})
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    batches: list[list[str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[GivenUp] = field(default_factory=list)
    saved: dict[tuple[str, str, str], Checkpoint] = field(default_factory=dict)

    def put(self, *numbers: str | int, shard: str = "shardId-0", size: int = 1, age: float = 0) -> None:
        for number in numbers:
            self.records[shard].append(Record(str(number), "user", b"x" * size, self.now - age))

    def shards(self) -> Sequence[Shard]:
        return [Shard(shard, self.parents.get(shard, ())) for shard in self.records]

    def latest(self, shard_id: str) -> str | None:
        return self.records[shard_id][-1].sequence_number if self.records[shard_id] else None

    def read(self, shard_id: str, *, after: str | None, limit: int) -> Page:
        later = [record for record in self.records[shard_id] if after is None or int(record.sequence_number) > int(after)]
        return Page(later[:limit], is_end=shard_id in self.closed and len(later) <= limit)

    def invoke(self, payload: bytes) -> Answer:
        event = json.loads(payload)
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        self.batches.append(numbers)
        self.times.append(self.now - START)
        self.events.append(event)
        response = self.behave(numbers)
        if isinstance(response, ValueError):
            return Answer(b'{"errorMessage": "broken", "errorType": "ValueError"}', "Unhandled", "request")
        return Answer(response if isinstance(response, bytes) else json.dumps(response).encode(), None, "request")

    def load(self, stream: str, created: str, shard_id: str) -> Checkpoint | None:
        return self.saved.get((stream, created, shard_id))

    def save(self, stream: str, created: str, shard_id: str, checkpoint: Checkpoint) -> None:
        self.saved[stream, created, shard_id] = checkpoint

    def source(self, **settings: Any) -> EventSource:
        mapping = Mapping(uuid=UUID, function_arn=FUNCTION, stream_arn=STREAM, **settings)
        ports = Ports(stream=self, invoke=self.invoke, give_up=self.skipped.append, checkpoints=self, clock=lambda: self.now)
        return EventSource(mapping, ports)

    def run(self, source: EventSource, *, seconds: float = 600) -> None:
        """Polls as long as there is something to do, advancing the clock by what each poll says."""
        end = self.now + seconds
        while self.now < end:
            self.now += max(source.poll(), 0.001)


def failed(*numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}


def poison(*bad: str) -> Callable[[list[str]], Any]:
    """Throws while one of these is in the batch."""
    return lambda numbers: ValueError() if set(bad) & set(numbers) else None


def first_of(*bad: str) -> Callable[[list[str]], Any]:
    """Reports the first of these as failed."""
    return lambda numbers: failed(*[number for number in numbers if number in bad][:1])


def parse(**properties: Any) -> Mapping:
    return Mapping.parse({"EventSourceArn": STREAM, **properties}, uuid=UUID, function_arn=FUNCTION)
