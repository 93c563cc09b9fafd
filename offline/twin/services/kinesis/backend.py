"""moto's Kinesis on stored records.

moto keeps records in memory, numbers them from 1 in every shard, writes to closed shards, moves records to the children of a
reshard, and loses some when two requests write at once. We replace its shards, and nothing else of its Kinesis.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from moto.kinesis import models
from moto.kinesis.exceptions import InvalidArgumentError, RecordSizeExceedsLimit, TooManyRecords, TotalRecordsSizeExceedsLimit

from offline.twin.services.kinesis.records import Records, StoredRecord, StoredShard, StoredStream, position_of, sequence_number

MOST_RECORDS = 10_000
MOST_PUT = 500
LONGEST_KEY = 256
ON_DEMAND_SHARDS = 4


class Record:
    """A stored record as GetRecords returns it."""

    def __init__(self, record: StoredRecord, shard: int) -> None:
        self._record, self._shard = record, shard

    def to_json(self) -> dict[str, Any]:
        return {
            "Data": self._record.data,
            "PartitionKey": self._record.key,
            "SequenceNumber": str(sequence_number(self._shard, self._record.position)),
            "ApproximateArrivalTimestamp": datetime.fromtimestamp(self._record.arrived, UTC).replace(tzinfo=None),
        }


class Shard(models.Shard):
    """A shard whose records are stored."""

    stream: StoredStream
    stored: Records

    @property
    def number(self) -> int:
        return int(self._shard_id)

    def get_records(self, last_sequence_id: str, limit: int | None) -> tuple[list[Any], int, int]:
        after = position_of(int(last_sequence_id), self.number)
        found = self.stored.read(self.stream.id, self.number, after=after, limit=int(limit or MOST_RECORDS))
        last = found[-1].position if found else after
        behind = self.stored.read(self.stream.id, self.number, after=last, limit=1)
        millis = int((behind[0].arrived - found[-1].arrived) * 1000) if found and behind else 0
        return [Record(record, self.number) for record in found], sequence_number(self.number, last), millis

    def get_min_sequence_number(self) -> int:
        return sequence_number(self.number, 0)

    def get_max_sequence_number(self) -> int:
        return sequence_number(self.number, self.stored.end(self.stream.id, self.number))

    def get_sequence_number_at(self, at_timestamp: float) -> int:
        return sequence_number(self.number, self.stored.last_before(self.stream.id, self.number, float(at_timestamp)))

    def as_stored(self) -> StoredShard:
        return StoredShard(self.number, self.starting_hash, self.ending_hash, self.parent, self.adjacent_parent, self.is_open)


class Streams:
    """The methods of moto's streams and backend that work on stored records."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._split, self._merge = models.Stream.split_shard, models.Stream.merge_shards
        self._delete, self._get = models.KinesisBackend.delete_stream, models.KinesisBackend.get_records
        self._create = models.KinesisBackend.create_stream
        self._init_shards = models.Stream.init_shards

    def init_shards(self, stream: Any, count: int) -> None:
        """The stored shards of a stream that exists already, with its creation time; otherwise new ones."""
        stored = self._records.find(stream.stream_name)
        if stored is None:
            created, mode = stream.creation_datetime.isoformat(), stream.stream_mode["StreamMode"]
            stored = self._records.create(stream.stream_name, created=created, retention_hours=24, mode=mode)
            stream.stored = stored
            self._init_shards(stream, int(count))
            self._bind(stream)
            return
        stream.stored = stored
        stream.creation_datetime = datetime.fromisoformat(stored.created)
        for each in self._records.shards(stored.id):
            shard = Shard(each.number, each.first, each.last, each.parent, each.adjacent)
            shard.is_open = each.is_open
            stream.shards[shard.shard_id] = shard
        self._bind(stream)

    def split_shard(self, stream: Any, *arguments: Any) -> None:
        self._split(stream, *arguments)
        self._bind(stream)

    def merge_shards(self, stream: Any, *arguments: Any) -> None:
        self._merge(stream, *arguments)
        self._bind(stream)

    def create_stream(self, backend: Any, stream_name: str, shard_count: int, *arguments: Any, **named: Any) -> Any:
        stream = self._create(backend, stream_name, shard_count, *arguments, **named)
        self._records.keep(stream.stored.id, int(stream.retention_period_hours))
        return stream

    def delete_stream(self, backend: Any, *arguments: Any, **named: Any) -> Any:
        stream = self._delete(backend, *arguments, **named)
        self._records.delete(stream.stored.id)
        self._records.notify(stream.stream_name)
        return stream

    def change_retention(self, change: Callable[..., None]) -> Callable[..., None]:
        def changed(backend: Any, stream_arn: str | None, stream_name: str | None, retention_period_hours: int) -> None:
            change(backend, stream_arn, stream_name, retention_period_hours)
            stream = backend.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
            self._records.keep(stream.stored.id, int(stream.retention_period_hours))

        return changed

    def get_records(self, backend: Any, stream_arn: str | None, shard_iterator: str, limit: int | None) -> Any:
        """A closed shard that was read to its end has no next iterator."""
        iterator, records, behind = self._get(backend, stream_arn, shard_iterator, limit)
        name, shard_id, last = models.decompose_shard_iterator(iterator)
        shard = backend.describe_stream(stream_arn=stream_arn, stream_name=name).get_shard(shard_id)
        is_end = not shard.is_open and int(last) >= shard.get_max_sequence_number()
        return None if is_end else iterator, records, behind

    def put_record(self, stream: Any, partition_key: str, explicit_hash_key: str, data: str) -> tuple[str, str]:
        ((number, shard_id),) = self.put(stream, [(partition_key, explicit_hash_key, data)])
        return number, shard_id

    def put_records(self, backend: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
        stream = backend.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        _check_sizes(records)
        rows = [(record.get("PartitionKey"), record.get("ExplicitHashKey"), record.get("Data")) for record in records]
        written = [{"SequenceNumber": number, "ShardId": shard} for number, shard in self.put(stream, rows)]
        return {"FailedRecordCount": 0, "Records": written}

    def put(self, stream: Any, records: list[tuple[Any, Any, Any]]) -> list[tuple[str, str]]:
        """Writes records (partition key, hash key, base64) in one transaction; their sequence numbers and shards."""
        shards = [stream.get_shard_for_key(key, hash_key) for key, hash_key, _ in records]
        rows = [
            (shard.number, key, hash_key, b64decode(data)) for shard, (key, hash_key, data) in zip(shards, records, strict=True)
        ]
        positions = self._records.append(stream.stored.id, rows)
        self._records.notify(stream.stream_name)
        numbers = zip(shards, positions, strict=True)
        return [(str(sequence_number(shard.number, position)), shard.shard_id) for shard, position in numbers]

    def _bind(self, stream: Any) -> None:
        for shard in stream.shards.values():
            shard.stream, shard.stored = stream.stored, self._records
        self._records.write_shards(stream.stored.id, [shard.as_stored() for shard in stream.shards.values()])
        stream.shard_count = sum(shard.is_open for shard in stream.shards.values())


def install(records: Records) -> None:
    """Puts moto's streams on these records."""
    streams = Streams(records)
    models.Shard = Shard
    for name in ("init_shards", "split_shard", "merge_shards", "put_record"):
        _replace(models.Stream, name, getattr(streams, name))
    _replace(models.Stream, "get_shard_for_key", _shard_for_key)
    for name in ("create_stream", "delete_stream", "get_records", "put_records"):
        _replace(models.KinesisBackend, name, getattr(streams, name))
    for name in ("increase_stream_retention_period", "decrease_stream_retention_period"):
        _replace(models.KinesisBackend, name, streams.change_retention(getattr(models.KinesisBackend, name)))
    # moto would keep two numbers of every request in memory for ever.
    _replace(models.KinesisBackend, "_send_stream_metrics", lambda *_, **__: None)
    _create_with_mode()


def _replace(owner: type, name: str, function: Callable[..., Any]) -> None:
    """A bound method as a method of another class."""

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        return function(self, *arguments, **named)

    setattr(owner, name, method)


def _shard_for_key(stream: Any, partition_key: Any, explicit_hash_key: Any) -> Any:
    """The open shard whose range has the key's hash. moto also takes closed ones, and misses the last hash of a range."""
    if not isinstance(partition_key, str) or not 1 <= len(partition_key) <= LONGEST_KEY:
        raise InvalidArgumentError("partition_key")
    if explicit_hash_key and not 0 <= int(explicit_hash_key) < 2**128:
        raise InvalidArgumentError("explicit_hash_key")
    digest = md5(partition_key.encode(), usedforsecurity=False).digest()
    key = int(explicit_hash_key) if explicit_hash_key else int.from_bytes(digest, "big")
    shards = stream.shards.values()
    return next(shard for shard in shards if shard.is_open and shard.starting_hash <= key <= shard.ending_hash)


def _create_with_mode() -> None:
    """moto ignores the stream mode of a template."""
    create = models.Stream.create_from_cloudformation_json.__func__

    def created(cls: type, resource_name: str, cloudformation_json: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        properties = cloudformation_json.setdefault("Properties", {})
        mode = properties.get("StreamModeDetails") or {"StreamMode": "PROVISIONED"}
        is_on_demand = mode["StreamMode"] == "ON_DEMAND"
        properties["ShardCount"] = ON_DEMAND_SHARDS if is_on_demand else int(properties.get("ShardCount") or 1)
        properties["RetentionPeriodHours"] = int(properties.get("RetentionPeriodHours") or 24)
        stream = create(cls, resource_name, cloudformation_json, *arguments, **named)
        stream.stream_mode = mode
        return stream

    models.Stream.create_from_cloudformation_json = classmethod(created)


def _check_sizes(records: list[dict[str, Any]]) -> None:
    """The limits of PutRecords: 500 records, 5 MiB in all, 1 MiB each."""
    sizes = [len(b64decode(record.get("Data", ""))) + len(record.get("PartitionKey", "")) for record in records]
    if len(records) > MOST_PUT:
        raise TooManyRecords
    if sum(sizes) > 5 << 20:
        raise TotalRecordsSizeExceedsLimit
    for position, size in enumerate(sizes, start=1):
        if size > 1 << 20:
            raise RecordSizeExceedsLimit(position=position)
