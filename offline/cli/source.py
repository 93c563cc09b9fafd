"""shoplake source check"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from offline.console.streams import out, print_error, working

source = typer.Typer(no_args_is_help=True, help="Make a source folder for a shop of your own.")


@source.callback()
def _group() -> None:
    """Keeps `check` a command of its own while it is the only one."""


@source.command()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The source's folder, such as sources/my_shop.")]) -> None:
    """Tell all that is wrong with a source folder before any run; the exit code is 1 if anything is."""
    from glue_jobs.lib.source_definition.source_loader import read_source  # noqa: PLC0415 - Spark and what needs it take a moment to load
    from glue_jobs.source_check import problems_of  # noqa: PLC0415
    from offline.twin.spark_session import session  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as log, working("checking"):
        spark = session({}, log=Path(log) / "spark.log", memory="1g")
        problems = problems_of(spark, folder)
        spark.stop()
    for problem in problems:
        print_error(problem)
    if problems:
        raise typer.Exit(1)
    found, _ = read_source(folder, folder.resolve().name)
    tables = ", ".join(sorted(found.selects)) if found else ""
    out().print(
        f"{folder}: nothing is wrong. It fills {tables}. "
        f"Next: shoplake --sources {folder.resolve().parent} land {folder.name} FILE…",
        markup=False,
        soft_wrap=True,
    )
