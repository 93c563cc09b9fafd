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

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.console.streams import err, out, print_message
from offline.lake.file_validation import ValidatedFile, validate_file
from offline.lake.landing import Landed
from offline.lake.landing import land as land_files
from offline.lake.local_lake import LocalLake

BAD_INPUT = 2


def land(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="Whose files these are; see `shoplake sources`.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", show_default=False, help="Files to copy into the raw zone.")],
    *,
    kind: Annotated[str | None, typer.Option(help="Kind of file, where its name does not tell.")] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Ingest date; today (UTC) unless given.")] = None,
) -> None:
    """Check files against their source and copy them, unchanged, into the raw zone."""
    home: LocalLake = ctx.obj
    try:
        given = load_source(home.sources, source)
        arrivals = checked(given, [(path, parse_day(date, option="--date")) for path in files], kind=kind)
    except LakeError as error:
        error.exit_code = BAD_INPUT  # type: ignore[attr-defined]
        raise
    landed = copied(home, given, arrivals)
    _tell(out(), home, landed)


def checked(source: Source, files: Sequence[tuple[Path, date]], *, kind: str | None = None) -> list[ValidatedFile]:
    """All files, each with its ingest date, held against their source; LakeError for the first that does not fit."""
    packed = sum(path.stat().st_size for path, _ in files if path.suffix == ".gz" and path.is_file())
    with _bar(err(), shown=packed > 0) as bar:
        task = bar.add_task("checking", total=packed)
        return [validate_file(source, path, kind=kind, day=day, progress=partial(bar.advance, task)) for path, day in files]


def copied(home: LocalLake, source: Source, arrivals: Sequence[ValidatedFile]) -> list[Landed]:
    """Lands what was checked, with a bar over its bytes."""
    with _bar(err()) as bar:
        task = bar.add_task("landing", total=sum(arrival.path.stat().st_size for arrival in arrivals))
        return land_files(home, source, arrivals, progress=partial(bar.advance, task))


def parse_day(text: str | None, *, option: str) -> date:
    """A calendar date; today in UTC when none is given."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise LakeError(f"{option} {text}: expected a calendar date as YYYY-MM-DD, such as 2025-03-31.")
    return found


def _bar(console: Console, *, shown: bool = True) -> Progress:
    columns = (TextColumn("{task.description:<10}"), BarColumn(bar_width=32), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True)


def _tell(console: Console, home: LocalLake, landed: Sequence[Landed]) -> None:
    for one in landed:
        key = one.place.relative_to(home.raw)
        name = one.arrival.path.name
        if one.known:
            console.print(f"= {name}: the same bytes were landed before, as {key}", style="dim", markup=False, soft_wrap=True)
        else:
            console.print(f"+ {name} → s3://{home.raw.name}/{key}", markup=False, soft_wrap=True)
        for note in one.arrival.notes:
            print_message(f"  {name}: {note}", style="yellow")
    new = sum(not one.known for one in landed)
    known = len(landed) - new
    console.print(f"{new} landed, {known} known already." + (" Next: shoplake run" if new else ""))
