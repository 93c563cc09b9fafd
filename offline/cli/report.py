"""shoplake report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UsageError
from offline.console.streams import out, working


def report(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="Report on one source only (default: a page per source).")] = None,
    to: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder (default: report/ in the lake).")] = None,
) -> None:
    """Write an HTML report per source, with charts; it needs no network."""
    # matplotlib is slow to import.
    from offline.report.shop_report import sources_with_tables, write_report  # noqa: PLC0415

    available = sources_with_tables(ctx.obj)
    if source is not None and source not in available:
        raise UsageError(f"{source}: no curated tables for this source; sources with tables: {', '.join(available) or 'none'}.")
    if not available:
        raise UsageError("There are no curated tables yet: land files with `shoplake land SOURCE FILE…`, then `shoplake run`.")
    for name in [source] if source else available:
        with working(f"writing the report on {name}"):
            files = write_report(ctx.obj, name, to or ctx.obj.root / "report")
        out().print(f"{name}: {len(files.pictures)} sections in {files.page}", markup=False, soft_wrap=True)
        if files.omitted:
            out().print(f"  nothing to show for: {', '.join(files.omitted)}", style="dim", markup=False, soft_wrap=True)
