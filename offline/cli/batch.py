"""shoplake run, shoplake replay"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from contracts.errors import LakeError
from offline.cli.land import parse_day
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out, print_error, working
from offline.lake.jobs import RunOptions, RunReport, run_analyses, run_batch
from offline.lake.local_lake import LocalLake
from offline.lake.run_summary import show_batch
from offline.models.nightly import score_night
from offline.twin.spark.process import MEMORY

Grain = Annotated[
    str | None,
    typer.Option(envvar="SHOPLAKE_GRAIN", metavar="month|day", help="Partition tables by month or day; fixed by the first run."),
]
Memory = Annotated[str, typer.Option(envvar="SHOPLAKE_MEMORY", help="Spark driver memory.")]


def run(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="Run one source only (default: all).")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Read only raw files with this ingest date or later.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Rebuild everything from raw.")] = False,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Drop the rows of raw files that no longer exist.")
    ] = False,
    grain: Grain = None,
    memory: Memory = MEMORY,
) -> None:
    """Load new raw files into processed tables and rebuild the marts that depend on them."""
    if since is not None:
        parse_day(since, option="--since")
    _run_and_show(
        ctx.obj, RunOptions(source=source, since=since, full=full, drop_missing=drop_missing, grain=grain, memory=memory)
    )


def replay(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run id; see `shoplake quarantine`.")],
    *,
    memory: Memory = MEMORY,
) -> None:
    """Reprocess a run's quarantined rows after fixing the source or contract."""
    _run_and_show(ctx.obj, RunOptions(replay=run, memory=memory))


def run_with_progress(lake: LocalLake, options: RunOptions) -> RunReport:
    """Runs the batch behind a progress line."""
    with ProgressDisplay(err()) as progress:
        return run_batch(lake, options, progress)


def exit_on(errors: Sequence[LakeError]) -> None:
    """Prints the errors and exits with the code of the first; does nothing without errors."""
    for error in errors:
        print_error(str(error))
    if errors:
        raise typer.Exit(errors[0].exit_code)


def _run_and_show(lake: LocalLake, options: RunOptions) -> None:
    report = run_with_progress(lake, options)
    show_batch(out(), report)
    exit_on([*report.errors, *_score(lake, report, options)])


def _score(lake: LocalLake, report: RunReport, options: RunOptions) -> list[LakeError]:
    """Scores with approved models what the batch has built, and loads the scores into curated; returns the errors."""
    with working("scoring with approved models"):
        night = score_night(lake, {result.source: bool(result.accounts) for result in report.of("marts")})
    for sentence in night.sentences:
        out().print(sentence, markup=False, soft_wrap=True)
    errors = night.errors
    for source in night.sources:
        with ProgressDisplay(err()) as progress:
            errors += run_analyses(lake, ["scores"], RunOptions(source=source, memory=options.memory), progress).errors
    return errors
