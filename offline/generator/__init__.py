"""Synthetic shop data with ground truth. The same arguments give the same bytes, at any size."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from contracts.errors import UsageError
from offline.generator.corruption import EXACT, LATE, LATE_COPY, RowCorruptor
from offline.generator.exports import ShopExports
from offline.generator.ground_truth import FILE_NAME, USERS_FILE_NAME, FileTruth, Truth
from offline.generator.ground_truth_counts import GroundTruthCounter
from offline.generator.layouts import Layout as FileLayout
from offline.generator.plan import Layout, Plan
from offline.generator.rees46 import Rees46
from offline.generator.shop import ShopSimulation
from offline.generator.writers import FileWriter, body, write_error

__all__ = ["Layout", "Truth", "generate"]


def generate(  # noqa: PLR0913 - each is an option of the command
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
    """Write a shop's files into `out`, with `truth.json` and `truth_users.csv`, and return the ground truth.

    There are exactly days * events_per_day good events, whatever else is planted. `progress` gets (days done, days) after each
    day. Memory grows with users and with the events of one day, not with days. Raises LakeError for invalid arguments, for a
    folder that cannot be written, and for one that holds anything but output of the same arguments.
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
        _check_output_folder(out, plan)
        return _write(out, plan, progress)
    except OSError as error:
        raise write_error(out, error) from error


def _check_output_folder(out: Path, plan: Plan) -> None:
    """Accept an empty folder, or one with output of the same arguments. Other files would contradict the ground truth."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        try:
            arguments = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))["arguments"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            arguments = None
        if arguments != plan.arguments():
            raise UsageError(
                f"generate: {out} contains other files; expected an empty folder, or one generated with the same "
                "arguments. Choose another folder with --out, or delete this one."
            )
    Truth(arguments=plan.arguments()).write(out)


def _write(out: Path, plan: Plan, progress: Callable[[int, int], None] | None) -> Truth:
    shop = ShopSimulation(plan)
    layout: FileLayout = Rees46(plan, shop) if plan.layout == "rees46" else ShopExports(plan, shop)
    counter = GroundTruthCounter(plan, shop, layout)
    corruptors = {kind.name: RowCorruptor(plan, kind, shop.catalog, number=number) for number, kind in enumerate(layout.kinds)}
    files = {kind.name: FileTruth() for kind in layout.kinds}
    with FileWriter(plan, out) as writer:
        for day in shop.days():
            counter.add(day)
            lines = layout.lines(day)
            for kind in layout.kinds:
                edits = corruptors[kind.name].edits(day.number, lines[kind.name]) if plan.bad_rows else []
                files[kind.name].good_rows += len(lines[kind.name])
                writer.write(kind, day=day.number, pieces=body(lines[kind.name], edits))
            if progress:
                progress(day.number + 1, plan.days)
    truth = counter.finish()
    truth.files = files
    for name, corruptor in corruptors.items():
        files[name].files = writer.written[name]
        files[name].bad_rows = dict(corruptor.bad)
        files[name].exact_duplicates = corruptor.moved[EXACT]
        files[name].late_duplicates = corruptor.moved[LATE_COPY]
        files[name].late_rows = corruptor.moved[LATE]
    counter.write_users(out / USERS_FILE_NAME)
    truth.write(out)
    return truth
