"""The event source mapping against the facts of AWS, one test a fact, its value restated: retries, bisection, partial answers."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import PlatformError
from tests.support.event_source_world import STREAM, World, failed, first_of, parse, poison
from tests.support.lazy import lazy

answers = lazy("offline.twin.services.awslambda.answers")
Checkpoint = lazy("offline.twin.services.awslambda.event_source.stream", "Checkpoint")

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
    outcomes = [*[answers.ThrottledError("busy")] * 5, ValueError(), ValueError(), None]

    def behave(_: list[str]) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, answers.ThrottledError):
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
        raise answers.ThrottledError("busy")

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
