"""shoplake generate, shoplake demo"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from offline.terminal import err, out


class Layout(StrEnum):
    """The forms in which the generator writes a shop down."""

    SHOP = "shop"
    REES46 = "rees46"


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


def make_shop(folder: Path, *, days: int, users: int, events_per_day: int, seed: int, layout: Layout) -> int:
    """Generates with a bar over the days; the number of data files."""
    from offline.generator import generate as write_shop  # noqa: PLC0415 - numpy and Arrow take a moment

    console = err()
    columns = (TextColumn("generating"), BarColumn(bar_width=32), MofNCompleteColumn(), TextColumn("days"), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=days)
        truth = write_shop(
            folder,
            days=days,
            users=users,
            events_per_day=events_per_day,
            seed=seed,
            layout=layout.value,
            progress=lambda done, _: bar.update(task, completed=done),
        )
    return sum(file.files for file in truth.files.values())


def demo(ctx: typer.Context) -> None:
    """Generate a shop of 60 days, land it, run the batch, and show what it says."""
    from offline.demo import demonstrate  # noqa: PLC0415

    demonstrate(ctx.obj)
