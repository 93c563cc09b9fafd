"""shoplake generate, shoplake demo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offline.console.streams import out
from offline.generator.with_progress import Layout, make_shop


def generate(
    out_folder: Annotated[Path, typer.Option("--out", help="An empty folder, or one generated with the same arguments.")],
    *,
    days: Annotated[int, typer.Option(help="Days of trade.")] = 60,
    users: Annotated[int, typer.Option(help="People who know the shop.")] = 2000,
    events_per_day: Annotated[int, typer.Option(help="Good events a day, on average.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    layout: Annotated[Layout, typer.Option(help="Four files a day, or one log like rees46.")] = Layout.SHOP,
) -> None:
    """Write a believable shop's files, and the truth about them in truth.json."""
    made = make_shop(out_folder, days=days, users=users, events_per_day=events_per_day, seed=seed, layout=layout)
    out().print(
        f"{made} files in {out_folder}. Land them with: shoplake land {layout} {out_folder}/*.csv", markup=False, soft_wrap=True
    )


def demo(ctx: typer.Context) -> None:
    """Generate a shop of 60 days, land it, run the batch, and show what it says."""
    from offline.demo.run import demonstrate  # noqa: PLC0415

    demonstrate(ctx.obj)
