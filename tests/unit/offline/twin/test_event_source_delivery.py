"""The event source mapping against the facts of AWS, one test a fact, its value restated: destination, polling, restarts."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from contracts.errors import PlatformError
from tests.support.event_source_world import FUNCTION, STREAM, UUID, World, parse, poison
from tests.support.lazy import lazy

GivenUp = lazy("offline.twin.services.awslambda.event_source.failures", "GivenUp")
Mapping = lazy("offline.twin.services.awslambda.event_source.mapping", "Mapping")
Ports = lazy("offline.twin.services.awslambda.event_source.shard", "Ports")
EventSource = lazy("offline.twin.services.awslambda.event_source.source", "EventSource")
Checkpoint = lazy("offline.twin.services.awslambda.event_source.stream", "Checkpoint")

# 1.7 The destination


def test_an_s3_destination_gets_the_payload_under_lambda_s_own_key() -> None:
    world = World(behave=poison("1"))
    world.put(1, size=3)
    world.run(world.source(max_retries=0))
    skipped = world.skipped[0]
    body = json.loads(skipped.object_body(parse()))
    assert [base64.b64decode(record["kinesis"]["data"]) for record in body["payload"]["Records"]] == [b"xxx"]
    assert body["KinesisBatchInfo"] == {
        "shardId": "shardId-0",
        "startSequenceNumber": "1",
        "endSequenceNumber": "1",
        "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20.000Z",
        "approximateArrivalOfLastRecord": "2023-11-14T22:13:20.000Z",
        "batchSize": 1,
        "streamArn": STREAM,
    }
    # AND the key is aws/lambda/<ESM-UUID>/<shardId>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>
    pattern = rf"aws/lambda/{UUID}/shardId-0/2023/11/14/2023-11-14T22\.13\.20-[0-9a-f-]{{36}}"
    assert re.fullmatch(pattern, skipped.object_key(parse()))
    # AND other destinations get no payload
    assert "payload" not in skipped.record(parse())


def test_records_are_not_skipped_while_the_destination_fails() -> None:
    world = World(behave=poison("1"))
    world.put(1)
    refusals = [OSError(), OSError()]

    def give_up(skipped: GivenUp) -> None:
        if refusals:
            raise refusals.pop()
        world.skipped.append(skipped)

    mapping = Mapping(uuid=UUID, function_arn=FUNCTION, stream_arn=STREAM, max_retries=0)
    ports = Ports(stream=world, invoke=world.invoke, give_up=give_up, checkpoints=world, clock=lambda: world.now)
    world.run(EventSource(mapping, ports))
    assert len(world.skipped) == 1
    assert world.saved[STREAM, world.created, "shardId-0"] == Checkpoint("1")


# 1.8, 1.9 Filters and tumbling windows


@pytest.mark.parametrize(
    "setting", [{"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, {"TumblingWindowInSeconds": 30}], ids=str
)
def test_filters_and_tumbling_windows_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(PlatformError, match="the local stack does not support it"):
        parse(**setting)


# 1.10 At least once, polling, restarts


def test_an_empty_shard_is_polled_once_a_second() -> None:
    world = World()
    assert world.source().poll() == 1.0


def test_a_restart_continues_at_the_checkpoint() -> None:
    world = World()
    world.put(1, 2)
    world.run(world.source(batch_size=1))
    world.put(3)
    world.run(world.source(batch_size=1))
    assert world.batches == [["1"], ["2"], ["3"]]


def test_a_restart_before_the_end_of_a_batch_delivers_it_again() -> None:
    world = World()

    def die(_: list[str]) -> None:
        raise KeyboardInterrupt

    world.behave = die
    world.put(1, 2)
    with pytest.raises(KeyboardInterrupt):
        world.run(world.source())
    world.behave = lambda _: None
    world.run(world.source())
    assert world.batches == [["1", "2"], ["1", "2"]]


def test_a_stream_that_was_made_again_is_read_from_its_beginning() -> None:
    world = World()
    world.put(1, 2)
    source = world.source()
    world.run(source)
    # WHEN the stream is deleted and created again, so that numbers restart
    world.records, world.created = {"shardId-0": []}, "2026-11-26T11:00:00Z"
    world.put(1)
    world.run(source)
    assert world.batches == [["1", "2"], ["1"]]


def test_latest_skips_what_was_there_and_keeps_its_place_over_a_restart() -> None:
    world = World()
    world.put(1, 2)
    world.source(starting_position="LATEST")
    world.put(3)
    world.run(world.source(starting_position="LATEST"))
    assert world.batches == [["3"]]


def test_trim_horizon_reads_everything() -> None:
    world = World()
    world.put(1, 2)
    world.run(world.source(starting_position="TRIM_HORIZON"))
    assert world.batches == [["1", "2"]]


@pytest.mark.parametrize("parents", [("shardId-0",), ("shardId-0", "shardId-1")], ids=["split", "merge"])
def test_children_are_read_after_their_parents(parents: tuple[str, ...]) -> None:
    # GIVEN closed parents whose first batch fails for a while, and a child with records
    world = World(
        records={"shardId-0": [], "shardId-1": [], "shardId-2": []}, parents={"shardId-2": parents}, closed=set(parents)
    )
    world.put(1, 2)
    world.put(3, shard="shardId-1")
    world.put(4, shard="shardId-2")
    world.behave = lambda numbers: ValueError() if "1" in numbers and len(world.batches) < 4 else None
    world.run(world.source())
    # THEN nothing of the child comes before the parents' last record
    flat = [number for numbers in world.batches for number in numbers]
    assert flat.index("4") > max(position for position, number in enumerate(flat) if number in ("1", "2"))
    assert flat[-1] == "4"
    # AND a restart does not read the parents again
    world.put(5, shard="shardId-2")
    count = len(world.batches)
    world.run(world.source())
    assert world.batches[count:] == [["5"]]
