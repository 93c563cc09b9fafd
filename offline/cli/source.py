"""shoplake source new, shoplake source check"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import SourceError
from offline.console.streams import out, print_error, working

source = typer.Typer(no_args_is_help=True, help="Draft and validate source folders.")


@source.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the source, for example my_shop.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Sample files, one of each kind: CSV or JSON, also .gz.")],
    *,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder of source folders.")] = Path("sources"),
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="The shop's time zone, such as Europe/Berlin.")] = "UTC",
) -> None:
    """Write a first source folder from sample files: formats, columns, types, and proposed SELECTs to complete."""
    from offline.source_draft.folder import draft  # noqa: PLC0415 - loads DuckDB

    for path in draft(to / name, files, timezone=timezone):
        out().print(f"+ {path}", markup=False, soft_wrap=True)
    out().print(
        f"Complete the lines marked TODO, then: shoplake source check {to / name}",
        markup=False,
        soft_wrap=True,
    )


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
