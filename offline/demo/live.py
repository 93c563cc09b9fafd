"""Events as they happen: sent to the API, shown live, then loaded by the batch, which must agree to the event."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType

from contracts.errors import PlatformError
from lambdas.common.raw_folders import STREAM
from offline.athena import open_lake
from offline.cli.batch import run_with_progress
from offline.console.streams import working
from offline.demo import findings
from offline.demo.verification import Comparison
from offline.lake.jobs import RunOptions, RunReport
from offline.lake.local_lake import LocalLake

if TYPE_CHECKING:
    from lambdas.common.table import Table

# boto3 and duckdb are slow to import.

EVENTS, RATE = 600, 60.0
PATIENCE_SECONDS, POLL_SECONDS = 120.0, 0.5


@dataclass(frozen=True)
class LiveMinute:
    """The live windows when all events were sent, and how many events were in raw and in the windows in the end."""

    screen: RenderableType
    delivered: int
    counted: int


def play_live(lake: LocalLake, source: str) -> LiveMinute:
    """Sends events of `source` to the API, and waits until raw and the live windows have them."""
    from lambdas.common.table import Table  # noqa: PLC0415
    from lambdas.live.snapshot import snapshot  # noqa: PLC0415
    from offline.live.screen import screen  # noqa: PLC0415
    from offline.twin import client  # noqa: PLC0415

    twin = client.up(lake.root)
    table = Table(twin.output("LiveTableName"), twin.client("dynamodb"))
    last = _send(lake, source, url=twin.output("ApiUrl"), key=twin.output("PublishableKey"))
    shown = screen(snapshot(table, now=datetime.now(UTC), failed_batches=0))
    _wait("raw has", lambda: last in _delivered(lake))
    delivered = len(_delivered(lake))
    _wait("the live windows have", lambda: _counted(table) >= delivered)
    return LiveMinute(shown, delivered, _counted(table))


def show_live(console: Console, lake: LocalLake, playing: Future[LiveMinute]) -> tuple[list[Comparison], RunReport]:
    """Waits for the live minute, shows it, runs the batch; compares what was sent with both."""
    findings.heading(console, f"Live: {EVENTS} events by HTTP, {RATE:.0f} a second")
    with working("waiting for Firehose and the live windows"):
        live = playing.result()
    console.print(live.screen)
    report = run_with_progress(lake, RunOptions(source=STREAM))
    with open_lake(lake.folders) as queries:
        loaded = sum(row["events"] for row in queries.report("event_counts", source=STREAM))
    facts = [("events in the live windows, as in raw", live.counted), ("events that the batch loaded, as in raw", loaded)]
    return [Comparison(fact, f"{live.delivered:,}", f"{number:,}") for fact, number in facts], report


def _send(lake: LocalLake, source: str, *, url: str, key: str) -> str:
    """The ID of the last event that was sent."""
    from offline.live.endpoint import Endpoint  # noqa: PLC0415
    from offline.live.producer import Position, Producer, Speed, SystemClock  # noqa: PLC0415
    from offline.live.replay import Recording  # noqa: PLC0415

    clock, file = SystemClock(), lake.root / "demo" / "produce.json"
    api = Endpoint(url, key, patience_seconds=PATIENCE_SECONDS, sleep=clock.sleep)
    producer = Producer(Recording.of(lake.folders["processed"], source), api, clock, file, Speed(RATE))
    producer.run(loop=True, limit=EVENTS, report=lambda _: None)
    position = Position.read(file, api.url)
    return f"{position.run}-{position.sent - 1}"


def _counted(table: Table) -> int:
    from lambdas.live.metrics import read, total  # noqa: PLC0415

    now = datetime.now(UTC)
    windows = read(table, seconds=3600, since=now - timedelta(days=30), until=now + timedelta(days=2), details=False)
    return sum(tally.events for tally in total(windows))


def _delivered(lake: LocalLake) -> set[str]:
    """The IDs of all events that are in raw."""
    files = (lake.raw / STREAM).rglob("*.gz")
    return {json.loads(line)["event_id"] for file in files for line in gzip.decompress(file.read_bytes()).splitlines()}


def _wait(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise PlatformError(f"{what} not all events after {PATIENCE_SECONDS:.0f} s; see log/twin.log in the lake's folder.")
        time.sleep(POLL_SECONDS)
