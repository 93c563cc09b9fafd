"""shoplake run, shoplake replay"""

from __future__ import annotations

from typing import Annotated

import typer

from offline.cli.land import parse_day
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out, print_error
from offline.lake.jobs import RunOptions, RunReport
from offline.lake.jobs import run as run_jobs
from offline.lake.local_lake import LocalLake
from offline.lake.run_summary import show_report

Grain = Annotated[
    str | None,
    typer.Option(envvar="SHOPLAKE_GRAIN", metavar="month|day", help="How to partition tables; decided by a lake's first run."),
]
Memory = Annotated[str, typer.Option(envvar="SHOPLAKE_MEMORY", help="Spark's heap.")]


def run(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="One source only; all of them unless given.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Only raw files with this ingest date or later.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Rebuild everything from raw.")] = False,
    grain: Grain = None,
    memory: Memory = "4g",
) -> None:
    """Take what is new in raw to the processed and curated tables."""
    if since is not None:
        parse_day(since, option="--since")
    told(ctx.obj, RunOptions(source=source, since=since, full=full, grain=grain, memory=memory))


def replay(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run; see `shoplake quarantine`.")],
    *,
    memory: Memory = "4g",
) -> None:
    """Judge the quarantined rows of a run again, after a source's SQL or a contract was mended."""
    told(ctx.obj, RunOptions(replay=run, memory=memory))


def told(home: LocalLake, orders: RunOptions) -> None:
    """Runs the jobs and shows what came of it."""
    report = performed(home, orders)
    show_report(out(), report)
    _end(report)


def performed(home: LocalLake, orders: RunOptions) -> RunReport:
    """Runs the jobs behind a progress line."""
    with ProgressDisplay(err()) as watch:
        return run_jobs(home, orders, watch)


def _end(report: RunReport) -> None:
    for sentence in report.failed:
        print_error(sentence)
    if report.failed:
        raise typer.Exit(1)
