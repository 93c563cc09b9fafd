"""How soon an event can be read: from its HTTP request until the serving API counts it, at several rates, in the local stack.

A sender keeps the rate; a reader asks the serving API again and again. An event is readable when the API has counted as many
events as were sent up to it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import urllib3

from benchmarks.ingest import sample_event
from offline.lake.local_lake import LocalLake
from offline.live.endpoint import Endpoint
from offline.twin import client
from offline.twin.client import Twin

SENDERS, PATIENCE_SECONDS = 8, 600.0
# Requests per second at a fixed rate; as fast as possible, requests are as large as the API takes them, and this many events at
# most wait to be counted: the API takes events several times faster than the local DynamoDB counts them.
REQUESTS, LARGEST, BACKLOG = 10, 500, 5000
VISITORS, EVENTS_IN_A_ROW = 5000, 4


@dataclass
class Counted:
    """When the serving API had counted how many events, oldest first."""

    at: list[tuple[float, int]] = field(default_factory=list)

    def readable(self, number: int) -> float | None:
        """When the first `number` events were counted."""
        return next((moment for moment, count in self.at if count >= number), None)


class Reader:
    """Asks the serving API how many events it has counted since the reader was made."""

    def __init__(self, twin: Twin) -> None:
        self._pool = urllib3.PoolManager(timeout=30, retries=False)
        self._url, self._headers = f"{twin.output('ApiUrl').rstrip('/')}/v1/live/metrics", {"x-api-key": twin.server_key}
        # A window that began before is not listed, but holds the first events.
        self._since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
        self.counted = Counted()
        self._stop = threading.Event()
        self._before = self.count()

    def count(self) -> int:
        """Events of all windows since then, in their own window or not."""
        fields = {"window": "10", "since": self._since}
        response = self._pool.request("GET", self._url, fields=fields, headers=self._headers)
        windows = json.loads(response.data)["windows"]
        return sum(window[place] for window in windows for place in ("events", "late", "ahead"))

    @property
    def latest(self) -> int:
        return self.counted.at[-1][1] if self.counted.at else 0

    def watch(self) -> None:
        """Until `stop`."""
        while not self._stop.is_set():
            self.counted.at.append((time.monotonic(), self.count() - self._before))

    def stop(self) -> None:
        self._stop.set()


def latency(folder: Path, *, rates: Sequence[int], seconds: float) -> list[tuple[str, str]]:
    """Percentiles at each rate (0: as fast as possible) for `seconds`, then the memory of the stack before and after."""
    lake = LocalLake(folder)
    twin = client.up(lake.root)
    try:
        _round(twin, rate=REQUESTS, seconds=2)  # starts the functions
        return [line for rate in rates for line in _measured(twin, rate=rate, seconds=seconds)]
    finally:
        client.down(lake.root)


def _measured(twin: Twin, *, rate: int, seconds: float) -> Iterator[tuple[str, str]]:
    before = _memory(twin)
    sent, taken, counted, waits = _round(twin, rate=rate, seconds=seconds)
    name = f"{rate:,} events/s" if rate else "as fast as possible"
    yield f"live, {name}: taken / counted per second", f"{sent / taken:,.0f} / {sent / counted:,.0f}"
    if rate:
        cuts = quantiles(waits, n=100)
        yield f"live, {name}: HTTP to readable, p50 / p95 / p99", f"{cuts[49]:.2f} s / {cuts[94]:.2f} s / {cuts[98]:.2f} s"
    yield f"live, {name}: memory before / after", f"{before:.0f} MiB / {_memory(twin):.0f} MiB"


def _round(twin: Twin, *, rate: int, seconds: float) -> tuple[int, float, float, list[float]]:
    """Events sent, the seconds until all were taken and until all were counted, and how long each waited to be readable."""
    reader = Reader(twin)
    api = Endpoint(twin.output("ApiUrl"), twin.output("PublishableKey"), patience_seconds=60, sleep=time.sleep)
    size = rate // REQUESTS or LARGEST
    watching = threading.Thread(target=reader.watch)
    watching.start()
    begun = time.monotonic()
    starts: list[float] = []
    run = f"{time.time_ns():x}"
    with ThreadPoolExecutor(SENDERS) as senders:
        pending = []
        while time.monotonic() - begun < seconds:
            number = len(starts)
            if rate:
                time.sleep(max(0.0, begun + number / REQUESTS - time.monotonic()))
            starts.append(time.monotonic())
            pending.append(senders.submit(api.send, _batch(run, number, size)))
            if not rate:
                _wait(lambda: len(starts) * size - reader.latest <= BACKLOG, "the backlog becomes shorter")
        for one in pending:
            one.result()
    taken, total = time.monotonic() - begun, len(starts) * size
    _wait(lambda: reader.latest >= total, f"{total} events are readable")
    counted = time.monotonic() - begun
    reader.stop()
    watching.join()
    # The last event of a request waits as long as the request.
    waits = [(reader.counted.readable((number + 1) * size) or 0.0) - start for number, start in enumerate(starts)]
    return total, taken, counted, waits


def _batch(run: str, number: int, size: int) -> list[dict[str, object]]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    first = number * size
    events = []
    for one in range(first, first + size):
        visitor = f"visitor-{one // EVENTS_IN_A_ROW % VISITORS}"
        own = {"event_id": f"{run}-{one}", "event_time": now, "user_id": visitor, "session_id": visitor}
        events.append(sample_event(one) | own)
    return events


def _wait(done: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > limit:
            raise TimeoutError(f"after {PATIENCE_SECONDS:.0f} s it is not yet true that {what}")
        time.sleep(0.05)


def _memory(twin: Twin) -> float:
    """MiB of the local stack's process and of all that it started."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name_and_rest = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(name_and_rest[1])
    family: set[int] = set()
    found = {twin.record.pid or 0}
    while found:
        family |= found
        found = {pid for pid, parent in parents.items() if parent in family} - family
    return sum(_resident(pid) for pid in family)


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
