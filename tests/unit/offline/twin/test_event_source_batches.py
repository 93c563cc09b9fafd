"""The event source mapping against the facts of AWS, one test a fact, its value restated: batches and limits."""

from __future__ import annotations

import base64
import json

import pytest

from contracts.errors import PlatformError
from tests.support.event_source_world import STREAM, World, parse

# 1.1 Batches


def test_batch_size_is_1_to_10000_and_100_by_default() -> None:
    assert parse().batch_size == 100
    assert [parse(BatchSize=size).batch_size for size in (1, 10_000)] == [1, 10_000]
    for size in (-1, 10_001):
        with pytest.raises(PlatformError, match=r"BatchSize: .* is not between 1 and 10,000"):
            parse(BatchSize=size)


def test_a_batch_has_at_most_batch_size_records() -> None:
    world = World()
    world.put(*range(1, 6))
    world.run(world.source(batch_size=2))
    assert world.batches == [["1", "2"], ["3", "4"], ["5"]]


def test_a_batch_has_at_most_6_mb_of_payload() -> None:
    # GIVEN 8 records of 1 MiB, of which base64 makes 1.33 MiB
    world = World()
    world.put(*range(1, 9), size=1 << 20)
    world.run(world.source())
    assert world.batches == [["1", "2", "3", "4"], ["5", "6", "7", "8"]]
    assert all(len(json.dumps(event)) <= 6 << 20 for event in world.events)


def test_the_batching_window_is_0_to_300_seconds() -> None:
    assert parse().window_seconds == 0
    assert parse(MaximumBatchingWindowInSeconds=300).window_seconds == 300
    with pytest.raises(PlatformError, match="not between 0 and 300"):
        parse(MaximumBatchingWindowInSeconds=301)


def test_a_batch_waits_for_the_window_or_until_it_is_full() -> None:
    world = World()
    source = world.source(batch_size=3, window_seconds=5)
    world.put(1, 2)
    world.run(source, seconds=4)
    assert world.batches == []
    world.put(3)
    world.run(source, seconds=0.5)
    assert world.batches == [["1", "2", "3"]]


def test_the_next_window_starts_when_the_previous_invocation_has_ended() -> None:
    # GIVEN an invocation of 3 seconds, during which a record arrives
    world = World()

    def slow(numbers: list[str]) -> None:
        if numbers == ["1"]:
            world.now += 3
            world.put(2)

    world.behave = slow
    world.put(1)
    # WHEN the window is 5 seconds
    world.run(world.source(window_seconds=5), seconds=30)
    # THEN the first batch starts after 5 seconds, ends after 8, and the next one starts 5 seconds later
    assert world.batches == [["1"], ["2"]]
    assert [round(time) for time in world.times] == [5, 13]


def test_a_batch_holds_records_of_one_shard() -> None:
    world = World(records={"shardId-0": [], "shardId-1": []})
    world.put(1, 2)
    world.put(3, shard="shardId-1")
    world.run(world.source())
    assert sorted(world.batches) == [["1", "2"], ["3"]]


def test_a_record_looks_as_lambda_sends_it() -> None:
    world = World()
    world.put("49590338271490256608559692538361571095921575989136588898")
    world.run(world.source())
    assert world.events[0]["Records"] == [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "user",
                "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
                "data": base64.b64encode(b"x").decode(),
                "approximateArrivalTimestamp": 1_700_000_000.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-0:49590338271490256608559692538361571095921575989136588898",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda",
            "awsRegion": "us-east-1",
            "eventSourceARN": STREAM,
        }
    ]


# 1.2 Parallelization


def test_a_parallelization_factor_other_than_1_is_refused() -> None:
    assert parse(ParallelizationFactor="1").batch_size == 100
    with pytest.raises(PlatformError, match="ParallelizationFactor: must be 1"):
        parse(ParallelizationFactor=2)
