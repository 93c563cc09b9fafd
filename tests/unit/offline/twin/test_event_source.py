"""The event source mapping against the facts of AWS: one test a fact, its value restated. No server, no waiting."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.errors import PlatformError
from offline.twin.services.awslambda.answers import Answer, ThrottledError
from offline.twin.services.awslambda.event_source.failures import GivenUp
from offline.twin.services.awslambda.event_source.mapping import Mapping
from offline.twin.services.awslambda.event_source.shard import Ports
from offline.twin.services.awslambda.event_source.source import EventSource
from offline.twin.services.awslambda.event_source.stream import Checkpoint, Page, Record, Shard

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


# 1.3 Limits, and what counts


def test_retries_are_minus_1_or_0_to_10000_and_ages_minus_1_or_60_to_604800() -> None:
    assert parse(MaximumRetryAttempts=-1, MaximumRecordAgeInSeconds=-1).max_retries is None
    assert parse(MaximumRetryAttempts=0).max_retries == 0
    assert parse(MaximumRecordAgeInSeconds=604_800).max_age_seconds == 604_800
    for setting in ({"MaximumRetryAttempts": 10_001}, {"MaximumRecordAgeInSeconds": 59}, {"MaximumRecordAgeInSeconds": 604_801}):
        with pytest.raises(PlatformError, match="is not between"):
            parse(**setting)


def test_throttled_invocations_do_not_count_as_retries() -> None:
    # GIVEN a function that is throttled 5 times, fails twice, then succeeds
    world = World()
    outcomes = [*[ThrottledError("busy")] * 5, ValueError(), ValueError(), None]

    def behave(_: list[str]) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, ThrottledError):
            raise outcome
        return outcome

    world.behave = behave
    world.put(1)
    # WHEN only 2 retries are allowed
    world.run(world.source(max_retries=2))
    # THEN nothing is given up
    assert len(world.batches) == 8
    assert world.skipped == []


def test_throttled_invocations_are_repeated_until_the_records_expire() -> None:
    world = World()

    def throttle(_: list[str]) -> Any:
        raise ThrottledError("busy")

    world.behave = throttle
    world.put(1)
    world.run(world.source(max_retries=0, max_age_seconds=60), seconds=200)
    assert 60 - 30 <= world.times[-1] <= 60
    assert [skipped.condition for skipped in world.skipped] == ["RecordAgeExceeded"]


def test_unlimited_retries_end_with_the_stream_s_retention() -> None:
    world = World(behave=poison("1"), retention_seconds=3600)
    world.put(1)
    world.run(world.source(), seconds=5000)
    assert 3600 - 30 <= world.times[-1] <= 3600
    assert [skipped.condition for skipped in world.skipped] == ["RecordAgeExceeded"]


# 1.4 Bisection


def test_bisection_halves_a_batch_down_to_the_bad_record_without_using_retries() -> None:
    # GIVEN a record that always throws, in a batch of 4, and no retries
    world = World(behave=poison("3"))
    world.put(1, 2, 3, 4)
    world.run(world.source(max_retries=0, bisect=True))
    # THEN only the bad record is given up, and the others are delivered
    assert world.batches == [["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["4"]]
    assert [[event["kinesis"]["sequenceNumber"] for event in skipped.events] for skipped in world.skipped] == [["3"]]


def test_without_bisection_the_whole_batch_is_given_up() -> None:
    world = World(behave=poison("3"))
    world.put(1, 2, 3, 4)
    world.run(world.source(max_retries=1))
    assert world.batches == [["1", "2", "3", "4"]] * 2
    assert [len(skipped.events) for skipped in world.skipped] == [4]


def test_with_a_partial_response_the_split_is_at_the_returned_number() -> None:
    world = World(behave=first_of("3"))
    world.put(1, 2, 3, 4)
    world.run(world.source(max_retries=0, bisect=True, reports_failures=True))
    # THEN the split at 3 uses no retry, the failure of 3 alone at the front does
    assert world.batches == [["1", "2", "3", "4"], ["3", "4"]]
    assert [[event["kinesis"]["sequenceNumber"] for event in skipped.events] for skipped in world.skipped] == [["3", "4"]]


def test_after_an_exception_the_halves_are_used_also_with_partial_responses_enabled() -> None:
    world = World(behave=poison("4"))
    world.put(1, 2, 3, 4)
    world.run(world.source(max_retries=0, bisect=True, reports_failures=True))
    assert world.batches == [["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["4"]]


# 1.5 Partial batch responses


def test_the_lowest_returned_number_is_the_new_checkpoint_and_all_from_there_comes_again() -> None:
    # GIVEN a function that reports 4 and 2, in this order, once
    world = World()
    world.behave = lambda _: failed("4", "2") if len(world.batches) == 1 else {}
    world.put(1, 2, 3, 4, 5)
    world.run(world.source(reports_failures=True, max_retries=5))
    # THEN also 3 and 5, which had succeeded, are delivered again
    assert world.batches == [["1", "2", "3", "4", "5"], ["2", "3", "4", "5"]]


def test_a_partial_failure_moves_the_checkpoint_at_once() -> None:
    world = World(behave=first_of("3"))
    world.put(1, 2, 3)
    source = world.source(reports_failures=True)
    source.poll()
    source.poll()
    assert world.saved[STREAM, world.created, "shardId-0"] == Checkpoint("2")


@pytest.mark.parametrize(
    "response", [b"", b'""', b"[]", b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}']
)
def test_these_responses_mean_success(response: bytes) -> None:
    world = World(behave=lambda _: response)
    world.put(1, 2)
    world.run(world.source(reports_failures=True))
    assert world.batches == [["1", "2"]]
    assert world.saved[STREAM, world.created, "shardId-0"] == Checkpoint("2")


@pytest.mark.parametrize(
    "response",
    [
        failed(""),
        {"batchItemFailures": [{"itemIdentifier": None}]},
        failed("99"),
        {"batchItemFailures": [{"id": "2"}]},
        {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": ""}]},
        {"batchItemFailures": "2"},
        {"batchItemFailures": ["2"]},
        ["2"],
        b"not JSON",
        ValueError(),
    ],
    ids=str,
)
def test_these_responses_mean_that_the_whole_batch_failed(response: Any) -> None:
    world = World()
    world.behave = lambda _: response if len(world.batches) == 1 else None
    world.put(1, 2)
    world.run(world.source(reports_failures=True, max_retries=1))
    assert world.batches == [["1", "2"], ["1", "2"]]


def test_without_report_batch_item_failures_a_response_is_ignored() -> None:
    world = World(behave=first_of("2"))
    world.put(1, 2)
    world.run(world.source())
    assert world.batches == [["1", "2"]]


# 1.6 What AWS recorded


def test_two_retries_are_three_invocations_and_the_record_says_so() -> None:
    world = World(behave=poison("1"))
    world.put(1)
    world.run(world.source(max_retries=2))
    assert len(world.batches) == 3
    record = world.skipped[0].record(parse())
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def test_partial_progress_does_not_reset_the_retry_count() -> None:
    # GIVEN a function that gets one record further with each invocation
    world = World(behave=lambda numbers: failed(numbers[1]) if len(numbers) > 1 else failed(numbers[0]))
    world.put(*range(1, 8))
    world.run(world.source(reports_failures=True, max_retries=3))
    # THEN it is invoked 4 times, and the failure record covers only the remaining records
    assert len(world.batches) == 4
    record = world.skipped[0].record(parse())
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None}
    info = record["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"], info["batchSize"]) == ("5", "7", 3)


def test_only_the_expired_part_of_a_batch_is_given_up() -> None:
    world = World()
    world.put(1, 2, age=120)
    world.put(3, age=10)
    world.run(world.source(max_age_seconds=60))
    assert world.batches == [["3"]]
    record = world.skipped[0].record(parse())
    assert "responseContext" not in record
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    # AND a record that expired before it was ever delivered has count 1
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["KinesisBatchInfo"]["endSequenceNumber"] == "2"


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
