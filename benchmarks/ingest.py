"""What the ingest function costs per event, against the least that a program can do: read JSON, group by user, write lines.

Both in processor time, alternating; the stream takes everything at once. `python -m benchmarks.ingest` prints the table.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median

from lambdas.ingest import handler
from lambdas.ingest.packing import Record
from lambdas.ingest.requests import Request
from lambdas.ingest.routes import answer

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
USERS = 20
ROUNDS = 30


class Sink:
    """Takes everything and keeps nothing but a count. Events of pages need neither the bucket nor a secret."""

    publishable_key = "pk_bench"
    allowed_origins = frozenset({"*"})
    currency = "EUR"
    records = 0

    @property
    def stream(self) -> Sink:
        """The stream."""
        return self

    def put(self, records: Sequence[Record]) -> list[str | None]:
        """Take all records."""
        self.records += len(records)
        return [None] * len(records)

    def server_key(self) -> str:
        """Pages have none."""
        return ""

    def hash_key(self) -> bytes:
        """These events have nothing to hash."""
        return b""


def body(events: int) -> str:
    """A batch as the tracker sends it: some 330 bytes an event."""
    return json.dumps({"events": [sample_event(number) for number in range(events)]})


def sample_event(number: int) -> dict[str, object]:
    """An event of a page, as the tracker sends it."""
    return {
        "event_id": f"{number:032x}",
        "event_type": "cart" if number % 4 == 0 else "view",
        "event_time": f"2026-11-26T09:{number % 60:02d}:58.123Z",
        "user_id": f"visitor-{number % USERS}",
        "session_id": f"session-{number % USERS}",
        "product_id": f"sku-{number % 97}",
        "category": "home.kitchen.mugs",
        "brand": "acme",
        "price": 12.5 + number % 10,
        "currency": "EUR",
        "url": "https://shop.example/kitchen/mugs/blue-mug",
        "consent": True,
    }


def bare(text: str) -> int:
    """Read, group by user, write lines: no check, no ID, no answer for each."""
    groups: dict[str, list[str]] = defaultdict(list)
    for event in json.loads(text)["events"]:
        groups[event["user_id"]].append(json.dumps(event))
    return len([{"PartitionKey": key, "Data": "\n".join(lines).encode()} for key, lines in groups.items()])


def ours(text: str, sink: Sink) -> int:
    """The whole function, from the request to its answer."""
    headers = {"x-api-key": sink.publishable_key, "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    request = Request(
        method="POST",
        path="/v1/events",
        headers=headers,
        body=text,
        ip="203.0.113.77",
        received=NOW,
        remaining=lambda: 25.0,
    )
    reply = answer(request, sink)  # type: ignore[arg-type]  # see Sink
    if reply.status != 202:
        raise RuntimeError(reply.body)
    return reply.counts["Accepted"]


def per_event() -> list[tuple[str, str]]:
    """Lines of the table, for the sizes of batch that pages and servers send."""
    lines = [_compared(events) for events in (1, 20, 500)]
    return [*lines, ("ingest: import of the handler, processor time", f"{1000 * _import_seconds():.0f} ms")]


def _compared(events: int) -> tuple[str, str]:
    text, sink, repeats = body(events), Sink(), max(1, 2000 // events)
    pairs = [(_seconds(lambda: bare(text), repeats), _seconds(lambda: ours(text, sink), repeats)) for _ in range(ROUNDS)]
    least, whole = (1e6 * median(times) / (repeats * events) for times in zip(*pairs, strict=True))
    ratio = median(own / other for other, own in pairs)
    return f"ingest, {events} events a request: bare, ours, per event", f"{least:.1f} µs, {whole:.1f} µs: {ratio:.2f}"


def _seconds(work: Callable[[], object], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started


def _import_seconds() -> float:
    """In a process of its own; this one has everything imported."""
    import subprocess  # noqa: PLC0415 - only here

    program = f"import time; started = time.process_time(); import {handler.__name__}; print(time.process_time() - started)"
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout for _ in range(5)]
    return median(float(run) for run in runs)


if __name__ == "__main__":
    for name, value in per_event():
        sys.stdout.write(f"{name:70} {value}\n")
