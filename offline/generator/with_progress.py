"""Generates a shop behind a progress bar over its days."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from offline.console.streams import err


class Layout(StrEnum):
    """The file layouts that the generator can write."""

    SHOP = "shop"
    REES46 = "rees46"


def generate_files(folder: Path, *, days: int, users: int, events_per_day: int, seed: int, layout: Layout) -> int:
    """Generates a shop; returns the number of data files."""
    from offline.generator import generate as write_shop  # noqa: PLC0415 - numpy and Arrow are slow to import

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
