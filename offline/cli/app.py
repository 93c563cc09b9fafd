"""The command `shoplake`. Each module of this package parses the arguments of some commands and prints their results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from contracts.errors import LakeError
from offline.cli import analyze, batch, cost, dashboard, generate, powerbi, profile, query, report, twin
from offline.cli.land import land
from offline.cli.live import live, produce
from offline.cli.models import explain, feedback, models, score, train
from offline.cli.source import source
from offline.cli.views import views
from offline.console.streams import print_error
from offline.lake.local_lake import LocalLake

INTERRUPTED = 130


class ErrorHandlingGroup(TyperGroup):
    """Turns every failure into one sentence on stderr and an exit code; --debug shows the traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (TyperException, typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            print_error("Interrupted. Committed work is kept; run the same command again to continue.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output, such as `head`, has closed the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            print_error(_sentence(error))
            raise typer.Exit(error.exit_code if isinstance(error, LakeError) else LakeError.exit_code) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, LakeError):
        return str(error)
    if isinstance(error, OSError):
        where, what = error.filename or "A file", error.strerror or error
        return f"{where}: {what}; check the folder, its space and its permissions, and try again."
    first = (str(error).strip() or "no message").splitlines()[0]
    return f"This is a bug in shoplake ({type(error).__name__}: {first}); `shoplake --debug …` shows the traceback."


app = typer.Typer(
    cls=ErrorHandlingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An e-commerce data lake on one machine: land files, run the batch, query in Athena's SQL.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    ctx: typer.Context,
    *,
    lake: Annotated[Path, typer.Option(envvar="SHOPLAKE_LAKE", help="Lake folder.")] = Path(".lake"),
    sources: Annotated[
        Path | None, typer.Option(envvar="SHOPLAKE_SOURCES", help="Folder with source folders, instead of the packaged ones.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options of every command; ErrorHandlingGroup reads `debug`."""
    del debug
    ctx.obj = LocalLake(lake, sources)


COMMANDS: tuple[Callable[..., object], ...] = (
    query.sources,
    land,
    batch.run,
    analyze.analyze,
    query.sql,
    query.tables,
    query.describe,
    profile.profile,
    report.report,
    dashboard.dashboard,
    powerbi.powerbi,
    query.runs,
    query.verify,
    query.quarantine,
    batch.replay,
    generate.generate,
    generate.demo,
    twin.up,
    twin.status,
    twin.down,
    produce,
    train,
    score,
    explain,
    feedback,
    cost.cost,
)
# A query may start with a comment, which looks like an option.
LENIENT = {"ignore_unknown_options": True}
for command in COMMANDS:
    app.command(context_settings=LENIENT if command is query.sql else None)(command)
app.add_typer(source, name="source")
app.add_typer(live, name="live")
app.add_typer(views, name="views")
app.add_typer(models, name="models")


def main() -> None:
    """The entry point of the command."""
    app()
