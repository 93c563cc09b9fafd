"""shoplake report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import LakeError
from offline.console.streams import out, working


def report(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="One source only; a page for each unless given.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to; the lake's folder report/ unless given.")
    ] = None,
) -> None:
    """What the curated tables say, as one page of HTML that needs no network, and as pictures."""
    # Loads matplotlib, which no other command should wait for.
    from offline.report.build import report as build  # noqa: PLC0415
    from offline.report.build import sources_of  # noqa: PLC0415

    there = sources_of(ctx.obj)
    if source is not None and source not in there:
        raise LakeError(f"{source}: no curated tables of this source; those that have some: {', '.join(there) or 'none yet'}.")
    if not there:
        raise LakeError("No curated tables yet: land files with `shoplake land SOURCE FILE…`, then `shoplake run`.")
    for name in [source] if source else there:
        with working(f"drawing {name}"):
            made = build(ctx.obj, name, to or ctx.obj.root / "report")
        out().print(f"{name}: {len(made.pictures)} sections in {made.page}", markup=False, soft_wrap=True)
        if made.left_out:
            out().print(f"  left out, no rows for it: {', '.join(made.left_out)}", style="dim", markup=False, soft_wrap=True)
