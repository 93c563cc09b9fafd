"""shoplake analyze"""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.errors import UsageError
from offline.cli.batch import Memory, exit_on
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out
from offline.lake.jobs import RunOptions, run_analyses
from offline.lake.run_summary import show_analyses
from offline.twin.spark.process import MEMORY


def analyze(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="ANALYSIS", help="Analyses to run (default: all).")] = None,
    *,
    source: Annotated[str | None, typer.Option(help="Analyze one source only (default: all).")] = None,
    full: Annotated[bool, typer.Option("--full", help="Run even if nothing changed.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set an argument of the job; may be repeated.")
    ] = None,
    memory: Memory = MEMORY,
) -> None:
    """Run segments, recommendations, value, features, scores and profiles where their input changed (docs/analyses.md)."""
    arguments = dict(_setting(text) for text in settings or ())
    options = RunOptions(source=source, full=full, memory=memory, settings=arguments)
    with ProgressDisplay(err()) as progress:
        report = run_analyses(ctx.obj, names or (), options, progress)
    show_analyses(out(), report)
    exit_on(report.errors)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--set {text}: expected NAME=VALUE, for example --set k=5.")
    return name, value
