"""shoplake analyse"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from contracts.errors import LakeError
from offline.cli.batch import Memory
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out, print_error
from offline.lake.analyses import analyse as run_analyses
from offline.lake.jobs import RunOptions
from offline.lake.run_summary import show_findings


def analyse(
    ctx: typer.Context,
    jobs: Annotated[list[str] | None, typer.Argument(metavar="[ANALYSIS]…", help="Which; all of them unless named.")] = None,
    *,
    source: Annotated[str | None, typer.Option(help="One source only; all of them unless given.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Also where nothing changed.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An argument of the job; may be repeated.")
    ] = None,
    memory: Memory = "4g",
) -> None:
    """Run the analyses that are more than a SELECT (see docs/analyses.md), where something changed since they last ran."""
    given = dict(_setting(text) for text in settings or ())
    with ProgressDisplay(err()) as watch:
        findings = run_analyses(ctx.obj, jobs or (), RunOptions(source=source, full=full, memory=memory), given, watch)
    show_findings(out(), findings)
    _end(findings.failed)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise LakeError(f"--set {text}: expected NAME=VALUE, such as --set horizon=90; write it so.")
    return name, value


def _end(failed: Sequence[str]) -> None:
    for sentence in failed:
        print_error(sentence)
    if failed:
        raise typer.Exit(1)
