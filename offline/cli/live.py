"""shoplake produce, shoplake live"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live

from contracts.errors import PlatformError, UsageError
from offline.console import render
from offline.console.streams import out, working
from offline.lake.local_lake import LocalLake

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.live.snapshot import Snapshot
    from offline.live.producer import Progress
    from offline.live.redrive import FailedBatch
    from offline.twin.client import Twin

# boto3 and duckdb are slow to import; only these commands need them.

KEY = "SHOPLAKE_API_KEY"
REFRESH_SECONDS = 1.0
NOT_RUNNING = "the local stack is not running; start it with `shoplake up`."


def produce(  # noqa: PLR0913 - the command's options
    ctx: typer.Context,
    *,
    source: Annotated[str, typer.Option(help="Source whose processed events are sent.")] = "shop",
    rate: Annotated[float, typer.Option(help="Events per second; 0 is as fast as possible.")] = 100,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    events: Annotated[int | None, typer.Option(min=1, help="Stop after so many events.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of another API, such as the output ApiUrl on AWS.")] = None,
    key: Annotated[str | None, typer.Option(envvar=KEY, help="Key of that API.", show_envvar=True)] = None,
    connections: Annotated[int, typer.Option(help="Requests at once.")] = 4,
    original_times: Annotated[bool, typer.Option("--original-times", help="Keep the events' own times.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds of retries before giving up.")] = 300,
) -> None:
    """Send a source's events to the API, as if they happened now. The same command continues an interrupted one."""
    from offline.live.endpoint import Endpoint  # noqa: PLC0415
    from offline.live.producer import Producer, Speed, SystemClock  # noqa: PLC0415
    from offline.live.replay import Recording  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    speed = Speed(rate, connections)
    recording = Recording.of(lake.folders["processed"], source)
    address, secret = _api(lake, url, key)
    clock = SystemClock()
    target = Endpoint(address, secret, patience_seconds=patience, sleep=clock.sleep)
    producer = Producer(recording, target, clock, lake.root / "produce" / f"{source}.json", speed, original_times)
    console, started = out(), time.monotonic()

    def line(progress: Progress) -> str:
        seconds = max(time.monotonic() - started, 0.001)
        return (
            f"{progress.accepted:,} accepted, {progress.rejected:,} rejected, {progress.retries:,} retries, "
            f"{progress.accepted / seconds:,.0f} events/s"
        )

    with Live(console=console, auto_refresh=False, transient=True) as live:
        progress = producer.run(loop=loop, limit=events, report=lambda now: live.update(line(now), refresh=console.is_terminal))
    console.print(line(progress), markup=False, soft_wrap=True)
    for problem in progress.problems:
        console.print(f"rejected: {problem}", markup=False, soft_wrap=True)


live = typer.Typer(help="The live path: what happens now, and failed batches.", invoke_without_command=True)


@live.callback()
def show(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the last minute once.")] = False,
) -> None:
    """Show the last minute, refreshed every second until Ctrl-C."""
    if ctx.invoked_subcommand is not None:
        return
    from offline.live.screen import screen  # noqa: PLC0415

    read = live_reader(ctx.obj)

    def current() -> Any:
        return screen(read())

    console = out()
    if once or not console.is_terminal:
        console.print(current())
        return
    with Live(current(), console=console, auto_refresh=False, screen=True) as display:
        while True:
            time.sleep(REFRESH_SECONDS)
            display.update(current(), refresh=True)


def live_reader(lake: LocalLake) -> Callable[[], Snapshot]:
    """A function that reads the live windows of the lake's local stack; PlatformError when it is not running."""
    from lambdas.common.table import Table  # noqa: PLC0415
    from lambdas.live.snapshot import snapshot  # noqa: PLC0415
    from offline.live.redrive import count_failed  # noqa: PLC0415

    twin = _twin(lake)
    table, s3 = Table(twin.output("LiveTableName"), twin.client("dynamodb")), twin.client("s3")

    def current() -> Snapshot:
        failed = count_failed(s3, twin.record.zones["raw"])
        return snapshot(table, now=datetime.now(UTC), failed_batches=failed)

    return current


@live.command()
def redrive(
    ctx: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list them.")] = False,
) -> None:
    """Put the records of failed batches on the stream again, as new records."""
    from offline.live.redrive import redrive as again  # noqa: PLC0415

    twin = _twin(ctx.obj)
    batches = list(_failed(twin))
    if not batches:
        out().print("No failed batches.")
        return
    rows = [(batch.key, batch.condition, len(batch.records)) for batch in batches]
    out().print(render.table(("failed batch", "condition", "records"), rows, right=[2]))
    if dry_run:
        return
    with working("putting their records on the stream"):
        for batch in batches:
            again(
                batch,
                s3=twin.client("s3"),
                bucket=twin.record.zones["raw"],
                kinesis=twin.client("kinesis"),
                stream=twin.output("StreamName"),
            )
    out().print(f"{render.count(sum(len(batch.records) for batch in batches), 'record')} put on the stream again.")


def _failed(twin: Twin) -> list[FailedBatch]:
    from offline.live.redrive import failed_batches  # noqa: PLC0415

    return list(failed_batches(twin.client("s3"), twin.record.zones["raw"]))


def _twin(lake: LocalLake) -> Twin:
    from offline.twin import client  # noqa: PLC0415

    twin = client.find(lake.root)
    if twin is None or twin.is_outdated:
        raise PlatformError(f"{lake.root}: {NOT_RUNNING}")
    return twin


def _api(lake: LocalLake, url: str | None, key: str | None) -> tuple[str, str]:
    """Address and key of the API: those in the options, or those of the running local stack."""
    if url is not None:
        if not key:
            raise UsageError(f"{url}: no key; set the variable {KEY}, which keeps it out of the shell's history.")
        return url, key
    twin = _twin(lake)
    return twin.output("ApiUrl"), key or twin.output("PublishableKey")
