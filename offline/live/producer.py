"""Sends recorded events at a steady rate, and remembers how far it came, so that an interrupted replay goes on.

Events are sent in rounds. Before a round is sent, its position and the time of its first event are stored: a round that was
interrupted is sent again with the same IDs and times, so that nothing is counted twice.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from contracts.errors import UsageError
from offline.files import write_whole
from offline.live.endpoint import Outcome
from offline.live.replay import Recording

BATCH = 500
ROUND_SECONDS = 0.25


class Clock(Protocol):
    """The time, which tests replace."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Target(Protocol):
    """Where events go."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    def send(self, events: Sequence[Mapping[str, Any]]) -> Outcome:
        """Send a batch."""
        ...


@dataclass(frozen=True)
class Speed:
    """`rate` events per second, as fast as possible if it is 0, with up to `connections` requests at once."""

    rate: float
    connections: int = 4

    def __post_init__(self) -> None:
        if self.rate < 0 or not 1 <= self.connections <= 64:
            raise UsageError("expected a --rate of 0 or more, and 1 to 64 --connections.")

    @property
    def round_size(self) -> int:
        """Events of one round."""
        if self.rate == 0:
            return BATCH * self.connections
        return max(1, min(round(self.rate * ROUND_SECONDS), BATCH * self.connections))


@dataclass(frozen=True)
class Position:
    """`sent` events of this replay are delivered; `base` and `size` describe the round after them, if it was begun."""

    url: str
    run: str
    sent: int = 0
    base: str | None = None
    size: int = 0
    rate: float = 0

    @staticmethod
    def read(file: Path, url: str) -> Position:
        """Where the replay to this address stopped; the beginning of a new one if there was none."""
        try:
            position = Position(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            position = None
        return position if position and position.url == url else Position(url, secrets.token_hex(6))

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(asdict(self)))


@dataclass
class Progress:
    """Numbers of this call, for the display."""

    accepted: int = 0
    rejected: int = 0
    retries: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.accepted += outcome.accepted
        self.rejected += outcome.rejected
        self.retries += outcome.retries
        self.problems = (self.problems + outcome.problems)[:3]


@dataclass
class Producer:
    """One replay. `original_times` keeps the times of the recording; otherwise events happen when they are sent."""

    recording: Recording
    target: Target
    clock: Clock
    file: Path
    speed: Speed
    original_times: bool = False

    def run(self, *, loop: bool, limit: int | None, report: Callable[[Progress], None]) -> Progress:
        """Send until the recording ends (never with `loop`), or `limit` events are delivered by this call."""
        total, progress = self.recording.count(), Progress()
        position = Position.read(self.file, self.target.url)
        end = None if loop else total
        if end is not None and position.sent >= end:
            position = Position(self.target.url, secrets.token_hex(6))
        last = min(
            (number for number in (end, None if limit is None else position.sent + limit) if number is not None), default=None
        )
        events = self._endless(position.sent, total)
        due = self.clock.now()
        with ThreadPoolExecutor(self.speed.connections) as senders:
            while last is None or position.sent < last:
                position = self._begun(position, last)
                position.write(self.file)
                batch = self._stamped(position, list(islice(events, position.size)))
                parts = [batch[start : start + BATCH] for start in range(0, len(batch), BATCH)]
                for outcome in senders.map(self.target.send, parts):
                    progress.add(outcome)
                position = replace(position, sent=position.sent + position.size, base=None, size=0)
                position.write(self.file)
                report(progress)
                due = self._wait(due, len(batch))
        return progress

    def _begun(self, position: Position, last: int | None) -> Position:
        """The round to send: the one that was interrupted, or a new one that begins now."""
        if position.base is not None and position.size:
            return position
        size = self.speed.round_size if last is None else min(self.speed.round_size, last - position.sent)
        return replace(position, base=self.clock.now().isoformat(), size=size, rate=self.speed.rate)

    def _endless(self, skip: int, total: int) -> Iterator[dict[str, Any]]:
        skip %= total
        while True:
            yield from self.recording.events(skip=skip)
            skip = 0

    def _stamped(self, position: Position, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        base = datetime.fromisoformat(position.base or self.clock.now().isoformat())
        step = timedelta(seconds=1 / position.rate) if position.rate else timedelta(microseconds=1)
        return [
            self._event(event, f"{position.run}-{position.sent + number}", base + number * step)
            for number, event in enumerate(events)
        ]

    def _event(self, event: dict[str, Any], event_id: str, now: datetime) -> dict[str, Any]:
        time = event["event_time"].replace(tzinfo=UTC) if self.original_times else now
        stamped = {**event, "event_id": event_id, "event_time": time.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        if "price" in event:
            stamped["price"] = format(event["price"], "f")
        return stamped

    def _wait(self, due: datetime, sent: int) -> datetime:
        """Wait until the next round is due. A producer that fell behind does not catch up by a burst."""
        if self.speed.rate == 0:
            return due
        due += timedelta(seconds=sent / self.speed.rate)
        ahead = (due - self.clock.now()).total_seconds()
        if ahead > 0:
            self.clock.sleep(ahead)
            return due
        return self.clock.now()
