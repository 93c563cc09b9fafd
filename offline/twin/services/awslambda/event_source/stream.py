"""What an event source reads, and what it remembers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Record:
    """A record of a shard; `arrived_at` in epoch seconds."""

    sequence_number: str
    partition_key: str
    data: bytes
    arrived_at: float


@dataclass(frozen=True)
class Shard:
    """A shard and those that it was split or merged from."""

    shard_id: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Records in order; `is_end` when the shard is closed and has no more."""

    records: Sequence[Record]
    is_end: bool = False


class Stream(Protocol):
    """A stream that can be read by position. `created` distinguishes it from an earlier stream of the same name."""

    @property
    def created(self) -> str: ...

    @property
    def retention_seconds(self) -> float: ...

    def shards(self) -> Sequence[Shard]: ...

    def latest(self, shard_id: str) -> str | None:
        """The sequence number of the shard's last record."""

    def read(self, shard_id: str, *, after: str | None, limit: int) -> Page:
        """Records after this sequence number, or from the shard's beginning."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything up to `after` is done; `is_finished` when the shard is closed and all of it is done."""

    after: str | None = None
    is_finished: bool = False


class Checkpoints(Protocol):
    """Checkpoints by stream, its creation time, and shard."""

    def load(self, stream: str, created: str, shard_id: str) -> Checkpoint | None: ...

    def save(self, stream: str, created: str, shard_id: str, checkpoint: Checkpoint) -> None: ...


def as_event(record: Record, shard_id: str, stream_arn: str) -> dict[str, Any]:
    """A record as a function receives it."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence_number,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": round(record.arrived_at, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{stream_arn.split(':')[4]}:role/lambda",
        "awsRegion": stream_arn.split(":")[3],
        "eventSourceARN": stream_arn,
    }
