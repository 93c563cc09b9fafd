"""shoplake source new, shoplake source templates, shoplake source check"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import SourceError, UsageError
from offline.console.streams import out, print_error, working

source = typer.Typer(no_args_is_help=True, help="Draft and validate source folders.")


@source.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the source, for example my_shop.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Sample files, one of each kind, in any format that `land` accepts."),
    ] = None,
    *,
    template: Annotated[str | None, typer.Option(metavar="TEMPLATE", help="A ready-made source, in place of samples.")] = None,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder of source folders.")] = Path("sources"),
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="The shop's time zone, such as Europe/Berlin.")] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="The shop's currency, such as EUR; for templates.")] = None,
) -> None:
    """Write a source folder, from sample files (a draft to complete) or from a template (ready to load)."""
    from offline.source_draft.folder import draft  # noqa: PLC0415 - loads DuckDB
    from offline.source_draft.from_template import from_template  # noqa: PLC0415 - as the line above

    if bool(files) == bool(template):
        raise UsageError(f"source new {name}: name sample files or a --template, one of both.")
    if template:
        written = from_template(to / name, template, timezone=timezone, currency=currency)
    elif currency:
        raise UsageError("--currency: is for templates; write the currency into the SELECTs of a draft.")
    else:
        written = draft(to / name, files or [], timezone=timezone or "UTC")
    for path in written:
        out().print(f"+ {path}", markup=False, soft_wrap=True)
    following = f"shoplake source check {to / name}"
    if template:
        following = f"{following}; shoplake --sources {to} land {name} FILE…; docs/source-templates.md says what is loaded."
    out().print(f"{'Next' if template else 'Complete the lines marked TODO, then'}: {following}", markup=False, soft_wrap=True)


@source.command()
def templates() -> None:
    """List the ready-made sources for `source new --template`."""
    from offline.source_draft.from_template import template_names, title  # noqa: PLC0415 - few commands need it

    for template in template_names():
        out().print(f"{template:<18} {title(template)}", markup=False, soft_wrap=True)


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
