"""shoplake source check"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import SourceError
from offline.console.streams import out, print_error, working

source = typer.Typer(no_args_is_help=True, help="Validate source folders.")


@source.callback()
def _group() -> None:
    """Typer needs a callback to keep a single command a subcommand."""


@source.command()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Source folder, for example sources/my_shop.")]) -> None:
    """Validate a source folder: source.yaml and every SELECT, without reading any data."""
    # Spark is slow to import.
    from glue_jobs.lib.source_definition.source_loader import read_source  # noqa: PLC0415
    from glue_jobs.source_check import problems_of  # noqa: PLC0415
    from offline.twin.spark.session import session  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as log, working("checking"):
        spark = session({}, log=Path(log) / "spark.log", memory="1g")
        problems = problems_of(spark, folder)
        spark.stop()
    for problem in problems:
        print_error(problem)
    if problems:
        raise typer.Exit(SourceError.exit_code)
    definition, _ = read_source(folder, folder.resolve().name)
    tables = ", ".join(sorted(definition.selects)) if definition else ""
    out().print(
        f"{folder}: valid. It fills {tables}. Next: shoplake --sources {folder.resolve().parent} land {folder.name} FILE…",
        markup=False,
        soft_wrap=True,
    )
