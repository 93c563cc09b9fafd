"""shoplake land"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.errors import UsageError
from glue_jobs.lib.source_definition.file_names import compression, is_archive
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.console.streams import err, out, print_message
from offline.lake.file_validation import ValidatedFile, validate_file
from offline.lake.landing import Landed
from offline.lake.landing import land as land_files
from offline.lake.local_lake import LocalLake


def land(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Source of the files; see `shoplake sources`.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False, help="Files to copy into the raw zone.")],
    *,
    kind: Annotated[str | None, typer.Option(help="File kind, if the file name does not determine it.")] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Ingest date (default: today, UTC).")] = None,
) -> None:
    """Validate files against their source and copy them unchanged into the raw zone."""
    lake: LocalLake = ctx.obj
    definition = load_source(lake.sources, source)
    files_to_land = validated(definition, [(path, parse_day(date, option="--date")) for path in files], kind=kind)
    landed = copied(lake, definition, files_to_land)
    _show_landed(out(), lake, landed)


def validated(source: Source, files: Sequence[tuple[Path, date]], *, kind: str | None = None) -> list[ValidatedFile]:
    """Validates files, each with its ingest date, against their source; SourceError for the first that does not fit."""
    packed = sum(path.stat().st_size for path, _ in files if path.is_file() and (is_archive(path.name) or compression(path.name)))
    with _bar(err(), shown=packed > 0) as bar:
        task = bar.add_task("checking", total=packed)
        return [validate_file(source, path, kind=kind, day=day, progress=partial(bar.advance, task)) for path, day in files]


def copied(lake: LocalLake, source: Source, files: Sequence[ValidatedFile]) -> list[Landed]:
    """Lands validated files behind a progress bar."""
    with _bar(err()) as bar:
        task = bar.add_task("landing", total=sum(file.path.stat().st_size for file in files))
        return land_files(lake, source, files, progress=partial(bar.advance, task))


def parse_day(text: str | None, *, option: str) -> date:
    """A calendar date; today in UTC when none is given."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UsageError(f"{option} {text}: expected a calendar date as YYYY-MM-DD, such as 2025-03-31.")
    return day


def _bar(console: Console, *, shown: bool = True) -> Progress:
    columns = (TextColumn("{task.description:<10}"), BarColumn(bar_width=32), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True)


def _show_landed(console: Console, lake: LocalLake, landed: Sequence[Landed]) -> None:
    for one in landed:
        key = one.path.relative_to(lake.raw)
        name = one.file.path.name
        if one.is_duplicate:
            console.print(f"= {name}: skipped, already present as {key}", style="dim", markup=False, soft_wrap=True)
        else:
            console.print(f"+ {name} → s3://{lake.raw.name}/{key}", markup=False, soft_wrap=True)
        for note in one.file.notes:
            print_message(f"  {name}: {note}", style="yellow")
    new = sum(not one.is_duplicate for one in landed)
    skipped = len(landed) - new
    console.print(f"{new} landed, {skipped} skipped (already present)." + (" Next: shoplake run" if new else ""))
