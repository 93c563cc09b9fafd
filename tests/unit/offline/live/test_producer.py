"""Replays: rate, order, times, and going on after an interruption without counting anything twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from contracts.errors import UsageError
from offline.live.endpoint import Outcome
from offline.live.producer import Producer, Progress, Speed
from offline.live.replay import COLUMNS, Recording

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Time passes only by sleeping."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Target:
    """Keeps what it takes. Call `fails_at` raises after it took the batch, like a connection that breaks before the answer."""

    url: str = "https://api.example/live"
    fails_at: int | None = None
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    calls: int = 0

    def send(self, events: Sequence[Mapping[str, Any]]) -> Outcome:
        self.calls += 1
        self.taken += events
        if self.calls == self.fails_at:
            raise ConnectionError
        return Outcome(len(events), 0, 0)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Ten views, one a minute, newest first in the file; and an order, which pages cannot send."""
    folder = tmp_path / "processed/events/source=tiny/period=2020-01"
    folder.mkdir(parents=True)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [
        {
            **dict.fromkeys(COLUMNS),
            "event_id": f"e{minute}",
            "event_time": start + timedelta(minutes=minute),
            "event_type": "view" if minute < 10 else "order",
            "product_id": f"p{minute}",
            "price": Decimal("1.5000"),
        }
        for minute in reversed(range(11))
    ]
    schema = {"price": pa.decimal128(18, 4), "event_time": pa.timestamp("us", tz="UTC"), "quantity": pa.int32()}
    names = ["event_id", *COLUMNS]
    table = pa.table({name: pa.array([row[name] for row in rows], schema.get(name, pa.string())) for name in names})
    parquet.write_table(table, folder / "part.parquet")
    return Recording.of(tmp_path / "processed", "tiny")


def producer(recording: Recording, target: Target, clock: Clock, file: Path, **options: Any) -> Producer:
    return Producer(recording, target, clock, file, Speed(options.pop("rate", 4), options.pop("connections", 1)), **options)


def nothing(_: Progress) -> None:
    """No display."""


def test_events_come_in_order_at_the_rate_and_happen_when_they_are_sent(recording: Recording, tmp_path: Path) -> None:
    clock, target = Clock(), Target()
    progress = producer(recording, target, clock, tmp_path / "state.json").run(loop=False, limit=None, report=nothing)
    assert (progress.accepted, progress.rejected) == (10, 0)
    assert [event["product_id"] for event in target.taken] == [f"p{number}" for number in range(10)]
    assert target.taken[0] == {
        "event_type": "view",
        "event_time": "2026-11-26T12:00:00Z",
        "product_id": "p0",
        "price": "1.5000",
        "event_id": target.taken[0]["event_id"],
    }
    # Ten events at four a second.
    assert target.taken[-1]["event_time"] == "2026-11-26T12:00:02.250000Z"
    assert clock.time == NOON + timedelta(seconds=2.5)


def test_an_interrupted_round_is_sent_again_with_the_same_ids_and_times(recording: Recording, tmp_path: Path) -> None:
    # GIVEN a replay whose third request was taken, though its answer never came
    clock, file, broken = Clock(), tmp_path / "state.json", Target(fails_at=3)
    with pytest.raises(ConnectionError):
        producer(recording, broken, clock, file).run(loop=False, limit=None, report=nothing)
    # WHEN the command is run again an hour later
    clock.time += timedelta(hours=1)
    target = Target()
    producer(recording, target, clock, file).run(loop=False, limit=None, report=nothing)
    # THEN its first event is exactly the one that was in doubt, and the others happen now
    assert target.taken[0] == broken.taken[2]
    assert [event["product_id"] for event in target.taken] == [f"p{number}" for number in range(2, 10)]
    assert target.taken[1]["event_time"] == "2026-11-26T13:00:00.750000Z"
    ids = {event["event_id"] for event in broken.taken + target.taken}
    assert len(ids) == 10


def test_a_loop_begins_again_with_new_ids_and_a_limit_ends_it(recording: Recording, tmp_path: Path) -> None:
    target = Target()
    whole = producer(recording, target, Clock(), tmp_path / "state.json", rate=0)
    progress = whole.run(loop=True, limit=25, report=nothing)
    assert progress.accepted == 25
    assert [event["product_id"] for event in target.taken] == [f"p{number % 10}" for number in range(25)]
    assert len({event["event_id"] for event in target.taken}) == 25


def test_a_finished_replay_starts_anew_and_another_address_too(recording: Recording, tmp_path: Path) -> None:
    file, first, second, other = tmp_path / "state.json", Target(), Target(), Target("https://other.example/live")
    for target in (first, second, other):
        producer(recording, target, Clock(), file).run(loop=False, limit=None, report=nothing)
    ids = {event["event_id"] for event in first.taken + second.taken + other.taken}
    assert len(ids) == 30


def test_original_times_are_kept_on_request(recording: Recording, tmp_path: Path) -> None:
    target = Target()
    producer(recording, target, Clock(), tmp_path / "state.json", original_times=True).run(loop=False, limit=2, report=nothing)
    assert [event["event_time"] for event in target.taken] == ["2020-01-01T00:00:00Z", "2020-01-01T00:01:00Z"]


def test_a_slow_target_is_not_followed_by_a_burst(recording: Recording, tmp_path: Path) -> None:
    # GIVEN a target that takes a second for a request that should take a quarter
    clock, target = Clock(), Target()
    taken = target.send

    def slow(events: Sequence[Mapping[str, Any]]) -> Outcome:
        clock.sleep(1 if target.calls == 0 else 0)
        return taken(events)

    target.send = slow  # type: ignore[method-assign]
    producer(recording, target, clock, tmp_path / "state.json").run(loop=False, limit=5, report=nothing)
    # THEN the four others are still a quarter of a second apart
    times = [datetime.fromisoformat(str(event["event_time"])) for event in target.taken]
    assert [(later - before).total_seconds() for before, later in pairwise(times)] == [1, 0.25, 0.25, 0.25]


def test_many_events_a_second_go_in_batches_of_at_most_500(recording: Recording) -> None:
    assert [Speed(rate, 4).round_size for rate in (0, 1, 100, 4000, 100_000)] == [2000, 1, 25, 1000, 2000]


@pytest.mark.parametrize(("rate", "connections"), [(-1, 4), (10, 0), (10, 65)])
def test_wrong_speeds_are_refused(rate: float, connections: int) -> None:
    with pytest.raises(UsageError, match="expected a --rate of 0 or more, and 1 to 64 --connections"):
        Speed(rate, connections)


def test_a_source_without_events_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"tiny: has no processed events to replay; land its files and run `shoplake run --source"
    ):
        Recording.of(tmp_path, "tiny")
