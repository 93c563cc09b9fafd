"""What event sources read and write in the local stack: stored streams, checkpoints in a file, and on-failure destinations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from offline.twin.endpoint import connect
from offline.twin.services.awslambda.event_source.failures import GivenUp
from offline.twin.services.awslambda.event_source.mapping import Mapping
from offline.twin.services.awslambda.event_source.stream import Checkpoint, Page, Record, Shard
from offline.twin.services.kinesis.records import Records, StoredShard, StoredStream, position_of, sequence_number
from offline.twin.store import Values


class StoredStreamReader:
    """A stream of the local stack, by name."""

    def __init__(self, records: Records, name: str) -> None:
        self._records, self._name = records, name

    @property
    def created(self) -> str:
        return self._stream.created

    @property
    def retention_seconds(self) -> float:
        return self._stream.retention_hours * 3600.0

    def shards(self) -> Sequence[Shard]:
        shards = self._records.shards(self._stream.id)
        return [
            Shard(_shard_id(each.number), tuple(parent for parent in (each.parent, each.adjacent) if parent)) for each in shards
        ]

    def latest(self, shard_id: str) -> str | None:
        number = _number(shard_id)
        return str(sequence_number(number, self._records.end(self._stream.id, number)))

    def read(self, shard_id: str, *, after: str | None, limit: int) -> Page:
        number = _number(shard_id)
        # Closed before the read: nothing can come after it.
        is_closed = not self._shard(number).is_open
        position = position_of(int(after), number) if after else 0
        found = self._records.read(self._stream.id, number, after=position, limit=limit)
        records = [Record(str(sequence_number(number, each.position)), each.key, each.data, each.arrived) for each in found]
        position = found[-1].position if found else position
        return Page(records, is_end=is_closed and not self._records.read(self._stream.id, number, after=position, limit=1))

    def _shard(self, number: int) -> StoredShard:
        return next(shard for shard in self._records.shards(self._stream.id) if shard.number == number)

    @property
    def _stream(self) -> StoredStream:
        stream = self._records.find(self._name)
        if stream is None:
            raise LookupError(f"{self._name}: this stream does not exist.")
        return stream


class StoredCheckpoints:
    """Checkpoints of one mapping."""

    def __init__(self, values: Values, mapping: str) -> None:
        self._values, self._mapping = values, mapping

    def load(self, stream: str, created: str, shard_id: str) -> Checkpoint | None:
        saved = self._values.get(self._key(stream, created, shard_id))
        return None if saved is None else Checkpoint(**saved)

    def save(self, stream: str, created: str, shard_id: str, checkpoint: Checkpoint) -> None:
        value = {"after": checkpoint.after, "is_finished": checkpoint.is_finished}
        self._values.put(self._key(stream, created, shard_id), value)

    def _key(self, *parts: str) -> str:
        return " ".join((self._mapping, *parts))


def destination(mapping: Mapping) -> Callable[[GivenUp], None]:
    """Stores what is given up where the mapping says; OSError when that fails."""

    def give_up(given_up: GivenUp) -> None:
        arn = mapping.on_failure
        if arn is None:
            return
        try:
            _send(arn, given_up, mapping)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{arn}: the on-failure record cannot be stored ({error})") from error

    return give_up


def _send(arn: str, given_up: GivenUp, mapping: Mapping) -> None:
    service = arn.split(":")[2]
    text = json.dumps(given_up.record(mapping))
    if service == "s3":
        body, key = given_up.object_body(mapping), given_up.object_key(mapping)
        connect("s3").put_object(Bucket=arn.rpartition(":")[2], Key=key, Body=body)
    elif service == "sqs":
        queue: Any = connect("sqs")
        queue.send_message(QueueUrl=queue.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"], MessageBody=text)
    else:
        connect("sns").publish(TopicArn=arn, Message=text)


def _shard_id(number: int) -> str:
    return f"shardId-{number:012}"


def _number(shard_id: str) -> int:
    return int(shard_id.rpartition("-")[2])
