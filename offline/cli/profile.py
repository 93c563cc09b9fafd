"""shoplake profile"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offline.console.streams import out, print_message, working


def profile(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TABLE|FILE", help="A table of the lake, or a CSV, JSON or Parquet file.")],
    *,
    source: Annotated[str | None, typer.Option(help="Profile one source only (default: each source).")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write an HTML page.")] = None,
    drift: Annotated[float, typer.Option(min=0, help="PSI above which a column counts as drifting.")] = 0.25,
) -> None:
    """Profile a table or file over all rows: completeness, distributions, duplicates, gaps, anomalies, drift."""
    from offline.report.profile.page import profile_page  # noqa: PLC0415
    from offline.report.profile.profiles import profiles  # noqa: PLC0415
    from offline.report.profile.terminal import show_profile  # noqa: PLC0415

    with working(f"reading {what}"):
        named = profiles(ctx.obj, what, source=source)
    for one in named:
        show_profile(out(), one, drift=drift)
        for warning in one.warnings:
            print_message(warning)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(profile_page(named, title=f"Profile of {what}", drift=drift), encoding="utf-8")
        print_message(f"Written: {html}")
