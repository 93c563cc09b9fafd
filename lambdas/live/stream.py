"""Kinesis as the live function sees it: records of an invocation by shard, and where shards come from."""

from __future__ import annotations

import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdas.common.retry import retrying
from lambdas.live import keys
from lambdas.live.consumer import Record, Shard

# A stream that is deleted and created again keeps its ARN; its creation time shows it.
CREATED_SECONDS = 30.0


def by_shard(event: Mapping[str, Any]) -> dict[tuple[str, str], list[Record]]:
    """Records by stream ARN and shard id."""
    shards: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in event.get("Records", ()):
        kinesis = one["kinesis"]
        shard = one["eventID"].split(":", 1)[0]
        arrival = int(float(kinesis["approximateArrivalTimestamp"]) * 1000)
        record = Record(int(kinesis["sequenceNumber"]), arrival, b64decode(kinesis["data"]))
        shards[one["eventSourceARN"], shard].append(record)
    return shards


class Streams:
    """What Kinesis says about streams, asked again when it may have changed."""

    def __init__(self, kinesis: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._kinesis = kinesis
        self._clock = clock
        self._created: dict[str, tuple[float, str]] = {}

    def shard(self, stream_arn: str, shard: str, *, current: bool = False) -> Shard:
        """The shard of today's incarnation of the stream; `current` asks Kinesis now."""
        created = self._creation(stream_arn, current=current)
        key = keys.shard_key(stream_arn=stream_arn, created=created, shard=shard)
        return Shard(
            key=key,
            ancestors=lambda: self._ancestors(stream_arn, created, shard),
            confirmed=lambda: self.shard(stream_arn, shard, current=True),
        )

    def _creation(self, stream_arn: str, *, current: bool) -> str:
        asked, created = self._created.get(stream_arn, (float("-inf"), ""))
        if current or self._clock() - asked > CREATED_SECONDS:
            summary = retrying(lambda: self._kinesis.describe_stream_summary(StreamARN=stream_arn))
            created = str(int(summary["StreamDescriptionSummary"]["StreamCreationTimestamp"].timestamp() * 1000))
            self._created[stream_arn] = (self._clock(), created)
        return created

    def _ancestors(self, stream_arn: str, created: str, shard: str) -> Sequence[str]:
        """Keys of the shards that this one came from, oldest first."""
        parents = retrying(lambda: self._parents(stream_arn))
        found: list[str] = []
        waiting = parents.get(shard, [])
        while waiting:
            found = [name for name in dict.fromkeys(waiting) if name not in found] + found
            waiting = [parent for name in waiting for parent in parents.get(name, ())]
        return [keys.shard_key(stream_arn=stream_arn, created=created, shard=name) for name in found]

    def _parents(self, stream_arn: str) -> dict[str, list[str]]:
        """The one or two parents of every shard that the stream still lists."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamARN=stream_arn)
        return {
            one["ShardId"]: [one[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in one]
            for page in pages
            for one in page["Shards"]
        }
