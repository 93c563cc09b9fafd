"""shoplake generate, shoplake demo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offline.console.streams import out
from offline.generator.with_progress import Layout, generate_files


def generate(
    out_folder: Annotated[Path, typer.Option("--out", help="Empty folder, or one generated with the same arguments.")],
    *,
    days: Annotated[int, typer.Option(help="Number of days.")] = 60,
    users: Annotated[int, typer.Option(help="Number of visitors.")] = 2000,
    events_per_day: Annotated[int, typer.Option(help="Valid events per day, on average.")] = 2000,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same bytes.")] = 7,
    layout: Annotated[Layout, typer.Option(help="shop: four files a day. rees46: one event log.")] = Layout.SHOP,
) -> None:
    """Generate synthetic shop data with ground truth (truth.json)."""
    files = generate_files(out_folder, days=days, users=users, events_per_day=events_per_day, seed=seed, layout=layout)
    out().print(
        f"{files} files in {out_folder}. Land them with: shoplake land {layout} {out_folder}/*-*.csv",
        markup=False,
        soft_wrap=True,
    )


def demo(ctx: typer.Context) -> None:
    """Generate a shop of four months, land it, run the batch, and show the results."""
    from offline.demo.run import run_demo  # noqa: PLC0415

    run_demo(ctx.obj)
