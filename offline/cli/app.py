"""The command `shoplake`: arguments in, sentences and tables out. What is done lives in the modules beside this one."""

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
from offline.cli import analyze, batch, cost, generate, profile, query, report, twin
from offline.cli.land import land
from offline.cli.source import source
from offline.console.streams import print_error
from offline.lake.local_lake import LocalLake

INTERRUPTED = 130


class ErrorHandlingGroup(TyperGroup):
    """Ends every command that fails with one sentence on stderr and a non-zero exit code; --debug shows the traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (TyperException, typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            print_error("Interrupted. Nothing committed is lost: the same command takes up what is left.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            print_error(_sentence(error))
            raise typer.Exit(getattr(error, "exit_code", 1)) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, LakeError):
        return str(error)
    if isinstance(error, OSError):
        where, what = error.filename or "A file", error.strerror or error
        return f"{where}: {what}; check the folder, its space and its permissions, and try again."
    first = (str(error).strip() or "no message").splitlines()[0]
    return f"This is a fault in shoplake itself ({type(error).__name__}: {first}); `shoplake --debug …` shows where."


app = typer.Typer(
    cls=ErrorHandlingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An e-commerce data lake on one machine: land files, run the batch, ask in Athena's SQL.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    ctx: typer.Context,
    *,
    lake: Annotated[Path, typer.Option(envvar="SHOPLAKE_LAKE", help="Folder of the lake.")] = Path(".lake"),
    sources: Annotated[
        Path | None, typer.Option(envvar="SHOPLAKE_SOURCES", help="Folder of source folders, in place of the packaged ones.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
) -> None:
    """What every command is told; `debug` is read where failures are caught."""
    del debug
    ctx.obj = LocalLake(lake, sources)


COMMANDS: tuple[Callable[..., object], ...] = (
    query.sources,
    land,
    batch.run,
    analyze.analyse,
    query.sql,
    query.tables,
    query.describe,
    profile.profile,
    report.report,
    query.runs,
    query.quarantine,
    batch.replay,
    generate.generate,
    generate.demo,
    twin.up,
    twin.status,
    twin.down,
    cost.cost,
)
# A query may begin with a comment, which looks like an option.
LENIENT = {"ignore_unknown_options": True}
for command in COMMANDS:
    app.command(context_settings=LENIENT if command is query.sql else None)(command)
app.add_typer(source, name="source")


def main() -> None:
    """The entry point of the command."""
    app()
