"""A believable shop, generated: the same arguments give the same bytes, at any size, with the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from contracts.errors import UsageError
from offline.generator.corruption import EXACT, LATE, LATE_COPY, Spoiler
from offline.generator.exports import ShopExports
from offline.generator.ground_truth import FILE_NAME, USERS_FILE_NAME, FileTruth, Truth
from offline.generator.ground_truth_counts import Counting
from offline.generator.layouts import Layout as FileLayout
from offline.generator.plan import Layout, Plan
from offline.generator.rees46 import Rees46
from offline.generator.shop import Shop
from offline.generator.writers import Files, body, unwritable

__all__ = ["Layout", "Truth", "generate"]


def generate(  # noqa: PLR0913 - every one is a knob of the one command
    out: Path,
    *,
    days: int = 60,
    users: int = 2000,
    events_per_day: int = 2000,
    seed: int = 7,
    start: date = date(2025, 1, 1),
    layout: Layout = "shop",
    bad_rows: bool = True,
    single_file: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Write a shop's files into `out`, with `truth.json` and `truth_users.csv` beside them, and return the truth.

    There are days * events_per_day good events, whatever else is planted. `progress` gets (days done, days) after each
    day. Memory grows with users and with the events of one day, not with days. Raises LakeError for arguments that
    make no sense, a folder that cannot be written, or one that holds anything but the same generation.
    """
    plan = Plan(
        days=days,
        users=users,
        events_per_day=events_per_day,
        seed=seed,
        start=start,
        layout=layout,
        bad_rows=bad_rows,
        single_file=single_file,
    )
    try:
        _claim(out, plan)
        return _write(out, plan, progress)
    except OSError as error:
        raise unwritable(out, error) from error


def _claim(out: Path, plan: Plan) -> None:
    """Take an empty folder, or one where the same generation was begun or done: stale files would belie the truth."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        try:
            found = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))["arguments"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            found = None
        if found != plan.arguments():
            raise UsageError(
                f"generate: {out} holds files of something else; an empty folder, or one generated with the same "
                "arguments, was expected. Choose another folder with --out, or delete this one."
            )
    Truth(arguments=plan.arguments()).write(out)


def _write(out: Path, plan: Plan, progress: Callable[[int, int], None] | None) -> Truth:
    shop = Shop(plan)
    layout: FileLayout = Rees46(plan, shop) if plan.layout == "rees46" else ShopExports(plan, shop)
    counting = Counting(plan, shop, layout)
    spoilers = {kind.name: Spoiler(plan, kind, shop.catalog, number=number) for number, kind in enumerate(layout.kinds)}
    files = {kind.name: FileTruth() for kind in layout.kinds}
    with Files(plan, out) as writer:
        for day in shop.days():
            counting.add(day)
            lines = layout.lines(day)
            for kind in layout.kinds:
                edits = spoilers[kind.name].edits(day.number, lines[kind.name]) if plan.bad_rows else []
                files[kind.name].good_rows += len(lines[kind.name])
                writer.write(kind, day=day.number, pieces=body(lines[kind.name], edits))
            if progress:
                progress(day.number + 1, plan.days)
    truth = counting.finish()
    truth.files = files
    for name, spoiler in spoilers.items():
        files[name].files = writer.written[name]
        files[name].bad_rows = dict(spoiler.bad)
        files[name].exact_duplicates = spoiler.moved[EXACT]
        files[name].late_duplicates = spoiler.moved[LATE_COPY]
        files[name].late_rows = spoiler.moved[LATE]
    counting.write_users(out / USERS_FILE_NAME)
    truth.write(out)
    return truth
