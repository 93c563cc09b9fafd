"""Packing and delivery: limits of the stream, throttled and lost calls, and what the sender hears about each event."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from lambdas.ingest.delivery import Clock, StreamError, deliver
from lambdas.ingest.events import Line
from lambdas.ingest.packing import Record, calls, pack
from tests.support.shop_api import SERVER, VIEW, ListStream, Shop, codes


class TestClock:
    """A clock whose waits take no time; every wait is the longest that the jitter allows."""

    __test__ = False

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.waits: list[float] = []
        self.clock = Clock(remaining=lambda: self.seconds, sleep=self.sleep, jitter=lambda limit: limit)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds -= seconds


def event(number: int, user: str = "ann") -> dict[str, Any]:
    return {**VIEW, "event_id": f"e{number}", "user_id": user}


def record(number: int, size: int = 10) -> Record:
    return Record(f"k{number}", b"x" * (size - len(f"k{number}")), (number,))


def line(number: int, key: str, size: int) -> Line:
    return Line(f"e{number}", key, b"x" * size)


def test_events_of_a_user_share_a_record_in_their_order():
    shop = Shop()
    shop.post([event(1), event(2, "bob"), event(3), event(4, "bob")])
    assert shop.stream.calls == [2]
    assert [(each.partition_key, each.positions) for each in shop.stream.records] == [("ann", (0, 2)), ("bob", (1, 3))]
    assert [found["event_id"] for found in shop.stream.lines] == ["e1", "e3", "e2", "e4"]
    assert all(each.data.endswith(b"}\n") for each in shop.stream.records)


@pytest.mark.parametrize(
    ("sizes", "positions"),
    [
        # A record has 1,048,576 bytes with its key of 2: two lines and their breaks fill it exactly.
        ([524_286, 524_286], [(0, 1)]),
        ([524_286, 524_287], [(0,), (1,)]),
        ([400_000, 400_000, 400_000, 400_000], [(0, 1), (2, 3)]),
    ],
)
def test_a_record_has_at_most_one_mebibyte(sizes: list[int], positions: list[tuple[int, ...]]):
    records = pack(line(number, "u1", size) for number, size in enumerate(sizes))
    assert [each.positions for each in records] == positions
    assert max(each.size for each in records) <= 1_048_576


def test_a_call_has_at_most_500_records_and_five_mebibytes():
    assert [len(group) for group in calls(record(number) for number in range(1001))] == [500, 500, 1]
    assert [len(group) for group in calls(record(number, 1 << 20) for number in range(11))] == [5, 5, 1]
    assert list(calls([])) == []


def test_only_failed_records_are_sent_again():
    # GIVEN a stream that throttles every second record at first, then one of them
    stream = ListStream(script=[lambda each: each.positions[0] % 2, lambda each: each.positions[0] == 3])
    result = deliver([record(number) for number in range(6)], stream, TestClock(25).clock)
    assert (stream.calls, result.failed, result.attempts) == ([6, 3, 1], [], 3)
    assert Counter(each.positions[0] for each in stream.records) == dict.fromkeys(range(6), 1)


def test_one_hot_shard_fails_alone_and_the_answer_names_its_events(monkeypatch: pytest.MonkeyPatch):
    # GIVEN a shard that stays throttled: that of bob
    monkeypatch.setattr("time.sleep", lambda _: None)
    stream = ListStream(script=[lambda each: each.partition_key == "bob"] * 1000)
    shop = Shop(stream=stream, tick=1.0)
    status, answer = shop.post([event(1), event(2, "bob"), {"event_type": "view"}, event(4)])
    # THEN exactly his event failed; the wrong one is rejected, and the others are accepted once
    assert (status, answer["accepted"], answer["rejected"], answer["failed"]) == (503, 2, 1, 1)
    assert [each["status"] for each in answer["results"]] == ["accepted", "failed", "rejected", "accepted"]
    assert answer["results"][1]["event_id"] == "e2"
    assert 5031 in codes(answer)
    assert [found["event_id"] for found in stream.lines] == ["e1", "e4"]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_stream_that_stays_throttled_is_given_up_in_time(share: float):
    ticking, stream = TestClock(25), ListStream()
    stream.script = [lambda each: each.positions[0] < 10 * share] * 1000
    result = deliver([record(number) for number in range(10)], stream, ticking.clock)
    assert (len(result.failed), result.code) == (10 * share, "ProvisionedThroughputExceededException")
    # No call begins in the last 5 s: it may take 4.
    assert ticking.seconds >= 5.0
    # Limits of the waits: 50 ms doubled from try to try, at most 2 s.
    assert ticking.waits[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_waits_are_drawn_from_zero_to_the_limit():
    draws = {Clock(remaining=lambda: 1.0).jitter(2.0) for _ in range(200)}
    assert len(draws) > 190
    assert min(draws) < 0.5
    assert 1.5 < max(draws) <= 2.0


def test_a_retry_after_503_doubles_nothing():
    # GIVEN a call that the stream throttles for good, and the same body sent again
    shop = Shop(seconds=0.5)
    shop.stream.script = []
    body = json.dumps([{**VIEW, "user_id": user} for user in ("ann", "bob")])
    status, first = shop.post(body)
    assert (status, first["failed"]) == (503, 2)
    shop.seconds = 25.0
    status, second = shop.post(body)
    assert (status, second["accepted"]) == (202, 2)
    assert [each["event_id"] for each in first["results"]] == [each["event_id"] for each in second["results"]]
    assert len(shop.stream.lines) == 2


def test_a_put_that_timed_out_but_was_written_is_accepted_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    shop = Shop(stream=ListStream(script=["timed out, written"]))
    status, answer = shop.post([event(1), event(2, "bob")])
    # THEN both copies on the stream have the same IDs, which is how consumers drop the second
    assert (status, answer["accepted"], answer["failed"]) == (202, 2, 0)
    assert Counter(found["event_id"] for found in shop.stream.lines) == {"e1": 2, "e2": 2}


def test_a_wrong_permission_is_not_tried_again():
    shop = Shop(stream=ListStream(script=[StreamError("AccessDeniedException", may_pass=False)] * 2))
    status, answer = shop.post(event(1), x_api_key=SERVER)
    assert (status, answer["failed"], shop.stream.calls) == (503, 1, [1])


def test_one_call_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    stream = ListStream(script=[StreamError("ConnectTimeoutError")])
    result = deliver([record(number) for number in range(600)], stream, TestClock(25).clock)
    assert (stream.calls, result.failed, len(stream.records)) == ([500, 100, 500], [], 600)
