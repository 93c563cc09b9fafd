"""A generated shop through the whole lake, what it says, and whether that is what was planted."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from contracts.errors import LakeError
from glue_jobs import manifest
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.cli.batch import performed
from offline.cli.land import checked, copied
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out
from offline.demo import findings, insights, verification
from offline.generator.with_progress import Layout, make_shop
from offline.lake.analyses import analyse
from offline.lake.jobs import RunOptions
from offline.lake.local_lake import LocalLake
from offline.lake.run_history import engine

SOURCE = "shop"
DRIFT = 0.25
ANALYSES = tuple(job.name for job in manifest.ANALYSES if job.in_demo)


@dataclass(frozen=True)
class Size:
    """How large a shop to generate."""

    days: int = 60
    users: int = 2000
    events_per_day: int = 2000
    seed: int = 7

    @property
    def folder(self) -> str:
        return f"shop-{self.days}-days-{self.users}-users-{self.events_per_day}-events-seed-{self.seed}"


def demonstrate(home: LocalLake, size: Size | None = None) -> None:
    """Generates, lands, runs, shows and checks; what was done before is found and not done again.

    LakeError when a planted truth is not found in the marts.
    """
    size, console, clock = size or Size(), out(), time.monotonic()
    folder = home.root / "demo" / size.folder
    console.print(f"[bold]shoplake demo[/]  one shop, {size.days} days, {size.days * size.events_per_day:,} events\n")
    _generate(console, folder, size)
    _land(console, home, folder)
    _run(console, home)
    _analyse(console, home)
    with engine(home) as athena:
        findings.show_all(console, athena, SOURCE)
        insights.show_insights(console, athena, SOURCE)
        results = verification.check(athena, SOURCE, folder)
    _show_truth(console, results, folder)
    _show_report(console, home)
    _show_places(console, home, folder)
    console.print(f"\nAll of it in {time.monotonic() - clock:.0f} s.")
    missed = [result.what for result in results if not result.found]
    if missed:
        raise LakeError(f"The marts differ from what was planted: {', '.join(missed)}; see {folder / 'truth.json'}.")


def _generate(console: Console, folder: Path, size: Size) -> None:
    if _is_generated(folder):
        console.print(f"generated before: {folder}", markup=False, soft_wrap=True)
        return
    made = make_shop(
        folder, days=size.days, users=size.users, events_per_day=size.events_per_day, seed=size.seed, layout=Layout.SHOP
    )
    console.print(f"generated: {made} files in {folder}", markup=False, soft_wrap=True)


def _is_generated(folder: Path) -> bool:
    """The folder's name tells the arguments; the truth is complete only when all files are written."""
    try:
        return json.loads((folder / "truth.json").read_text(encoding="utf-8"))["complete"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _land(console: Console, home: LocalLake, folder: Path) -> None:
    """Every file arrives on the day that it tells of."""
    source: Source = load_source(home.sources, SOURCE)
    files = sorted(path for path in folder.glob("*.csv") if any(kind.accepts(path.name) for kind in source.kinds.values()))
    arrivals = checked(source, [(path, date.fromisoformat(path.stem[-len("2025-01-01") :])) for path in files])
    landed = copied(home, source, arrivals)
    new = sum(not one.known for one in landed)
    size = sum(path.stat().st_size for path in files)
    console.print(f"landed: {new} files, {len(landed) - new} were there already ({size / 1e6:.0f} MB in all)")


def _run(console: Console, home: LocalLake) -> None:
    report = performed(home, RunOptions(source=SOURCE))
    if report.failed:
        raise LakeError(" ".join(report.failed))
    marts = sum(len(built.accounts) for built in report.built)
    new = any(outcome.accounts for outcome in report.conformed)
    done = f"conformed what is new, built {marts} marts" if new or marts else "nothing new to conform or to build"
    console.print(f"run: {done}, in {report.seconds:.0f} s")


def _analyse(console: Console, home: LocalLake) -> None:
    with ProgressDisplay(err()) as watch:
        report = analyse(home, ANALYSES, RunOptions(source=SOURCE), {}, watch)
    if report.failed:
        raise LakeError(" ".join(report.failed))
    console.print(f"analysed: {', '.join(ANALYSES)}, in {report.seconds:.0f} s")


def _show_truth(console: Console, results: list[verification.Result], folder: Path) -> None:
    findings.heading(console, "Is it true? What the generator planted, against the marts")
    for result in results:
        if result.found:
            console.print(f"[green]✓[/] {result.what}: {result.told}")
        else:
            console.print(f"[red]✗ {result.what}[/]: planted {result.told}, found {result.seen}")
    console.print(f"[dim]The truth is in {folder / 'truth.json'}", soft_wrap=True)


def _show_report(console: Console, home: LocalLake) -> None:
    """Draws it all as a page, and tells where."""
    # Loads matplotlib, which takes a second.
    from offline.report.build import report  # noqa: PLC0415
    from offline.report.profile.command import profiles  # noqa: PLC0415
    from offline.report.profile.html import profile_page  # noqa: PLC0415

    findings.heading(console, "All of it as a page")
    made = report(home, SOURCE, home.root / "report")
    told = profiles(home, "events", source=SOURCE)
    profile = made.page.with_name("events-profile.html")
    pages = [(one.name, one.profile, one.business) for one in told]
    profile.write_text(profile_page(pages, title="Profile of events", drift=DRIFT), encoding="utf-8")
    console.print(f"The report, {len(made.pictures)} sections: {made.page}", markup=False, soft_wrap=True)
    console.print(f"Every column of events: {profile}", markup=False, soft_wrap=True)


def _show_places(console: Console, home: LocalLake, folder: Path) -> None:
    findings.heading(console, "Where things are")
    places = (
        ("the shop's own files", folder),
        *((f"s3://{name}", path) for name, path in home.buckets().items()),
        ("Spark's log", home.log),
    )
    for name, path in places:
        console.print(f"{name:<24} {path}", markup=False, soft_wrap=True)
    console.print('\nAsk on: shoplake sql "select * from brand_report order by revenue desc limit 5"')
    console.print("        shoplake tables · shoplake describe sales_daily · shoplake runs · shoplake quarantine", soft_wrap=True)
