"""Firehose against the facts of AWS: buffers, names, positions. No server, no waiting."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.errors import PlatformError
from tests.support.event_source_world import START, STREAM, World
from tests.support.lazy import lazy

Delivery = lazy("offline.twin.services.firehose.delivery", "Delivery")
Settings = lazy("offline.twin.services.firehose.delivery", "Settings")
evaluate = lazy("offline.twin.services.firehose.delivery", "evaluate")

MIB = 1 << 20
PREFIX = "stream/events/ingest_date=!{timestamp:yyyy-MM-dd}/"


class Bucket:
    """Objects in memory, which refuse to be written `failures` times; and saved positions."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.failures = 0
        self.positions: dict[str, Any] = {}

    def put(self, bucket: str, key: str, content: bytes) -> None:
        assert bucket == "raw"
        if self.failures:
            self.failures -= 1
            raise OSError("the bucket is away")
        self.objects[key] = content

    def texts(self) -> list[bytes]:
        return [gzip.decompress(content) for content in self.objects.values()]


class Positions:
    """Saved positions; a value is saved as it is now."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def get(self, key: str, default: Any = None) -> Any:
        return self._values.get(key, default)

    def put(self, key: str, value: Any) -> None:
        self._values[key] = {"created": value["created"], "shards": dict(value["shards"])}


def delivery(world: World, bucket: Bucket, *, size: int = MIB, seconds: float = 60.0, prefix: str = PREFIX) -> Delivery:
    settings = Settings(
        name="shop", stream_arn=STREAM, bucket="raw", prefix=prefix, size_bytes=size, seconds=seconds, compression="GZIP"
    )
    positions = Positions(bucket.positions)
    return Delivery(settings, stream=world, positions=positions, put=bucket.put, clock=lambda: world.now)


def parse(**changes: Any) -> Settings:
    destination = {"BucketARN": "arn:aws:s3:::raw", "Prefix": "p/", "CompressionFormat": "GZIP"} | changes
    return Settings.parse("shop", {"KinesisStreamARN": STREAM}, destination)


def test_buffers_are_1_to_128_mb_and_0_to_900_seconds() -> None:
    settings = parse(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": 900})
    assert (settings.size_bytes, settings.seconds) == (128 * MIB, 900)
    for hints in ({"SizeInMBs": 129}, {"SizeInMBs": 0}, {"IntervalInSeconds": 901}):
        with pytest.raises(PlatformError, match=r"must be 1 to 128 MB and 0 to 900 seconds"):
            parse(BufferingHints=hints)


def test_it_starts_at_the_end_of_the_stream() -> None:
    world, bucket = World(), Bucket()
    world.put(1)
    firehose = delivery(world, bucket, seconds=0)
    world.put(2, size=2)
    firehose.poll()
    assert bucket.texts() == [b"xx"]


def test_records_are_joined_without_a_delimiter_when_the_time_is_over() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=60)
    world.put(1, 2, size=3)
    firehose.poll()
    world.now += 59
    firehose.poll()
    assert bucket.objects == {}
    assert firehose.is_working
    world.now += 1
    firehose.poll()
    assert bucket.texts() == [b"xxxxxx"]
    assert not firehose.is_working


def test_a_full_buffer_is_written_at_once() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, size=2 * MIB, seconds=900)
    world.put(1, 2, 3, 4, 5, size=MIB)
    firehose.poll()
    assert [len(text) for text in bucket.texts()] == [2 * MIB, 2 * MIB]
    assert firehose.is_working


def test_the_prefix_has_the_arrival_of_the_oldest_record_in_utc() -> None:
    # GIVEN a record of 23:59:50 and one of the next day, in one buffer
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=60)
    world.now = datetime(2026, 11, 26, 23, 59, 50, tzinfo=UTC).timestamp()
    world.put(1)
    firehose.poll()
    world.now += 60
    world.put(2)
    firehose.poll()
    # THEN the object is in the folder of the first day
    (key,) = bucket.objects
    assert key.startswith("stream/events/ingest_date=2026-11-26/shop-1-2026-11-26-23-59-50-")
    assert key.endswith(".gz")


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("p/", "p/2026/01/02/03/"),
        ("y=!{timestamp:yyyy}/m=!{timestamp:MM}/", "y=2026/m=01/"),
        ("!{timestamp:yyyy-MM-dd'T'HH:mm:ss}/", "2026-01-02T03:04:05/"),
    ],
)
def test_expressions_of_a_prefix(prefix: str, expected: str) -> None:
    assert evaluate(prefix, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "shop") == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Prefix": PREFIX}, "needs an ErrorOutputPrefix with !{firehose:error-output-type}"),
        ({"Prefix": PREFIX, "ErrorOutputPrefix": "errors/"}, "needs an ErrorOutputPrefix with !{firehose:error-output-type}"),
        (
            {"Prefix": "!{timestamp:QQ}/", "ErrorOutputPrefix": "!{firehose:error-output-type}/"},
            "does not know QQ in !{timestamp:…}",
        ),
        ({"CompressionFormat": "ZIP"}, "but not ZIP"),
    ],
)
def test_what_cannot_be_delivered_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlatformError) as refused:
        parse(**changes)
    assert message in str(refused.value)


def test_nothing_is_lost_while_the_bucket_is_away() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=0)
    world.put(1)
    bucket.failures = 1
    with pytest.raises(OSError, match="the bucket is away"):
        firehose.poll()
    world.put(2)
    firehose.poll()
    assert bucket.texts() == [b"xx"]


def test_a_restart_reads_again_what_was_only_buffered() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=60)
    world.put(1, size=1)
    firehose.poll()
    firehose.flush()
    world.put(2, size=2)
    firehose.poll()
    # WHEN the process is killed before it has written the second record
    after = delivery(world, bucket, seconds=0)
    after.poll()
    # THEN the first is not delivered again, and the second is
    assert bucket.texts() == [b"x", b"xx"]


def test_shards_of_a_reshard_are_read_from_their_beginning() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=0)
    world.records["shardId-1"] = []
    world.put(1, shard="shardId-1", size=4)
    firehose.poll()
    assert bucket.texts() == [b"xxxx"]


def test_a_stream_that_was_made_again_is_read_from_its_beginning() -> None:
    world, bucket = World(), Bucket()
    firehose = delivery(world, bucket, seconds=60)
    world.put(5, size=5)
    firehose.poll()
    world.records, world.created = {"shardId-0": []}, "later"
    world.put(1, size=1)
    firehose.poll()
    firehose.flush()
    # THEN what was buffered of the old stream is written too
    assert bucket.texts() == [b"xxxxx", b"x"]
    assert world.now == START
