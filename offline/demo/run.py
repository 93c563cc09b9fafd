"""The demo: a generated shop through the entire lake, its results, and their verification against ground truth."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from contracts.errors import VerificationError
from glue_jobs import manifest
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.athena import open_lake
from offline.cli.batch import run_with_progress
from offline.cli.dashboard import PORT
from offline.cli.land import copied, validated
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, out, working
from offline.demo import findings, insights, verification
from offline.demo.live import play_live, show_live
from offline.demo.models import scores_of_new_models, show_models
from offline.generator.with_progress import Layout, generate_files
from offline.lake.jobs import RunOptions, RunReport, run_analyses
from offline.lake.local_lake import LocalLake
from offline.twin import synth

if TYPE_CHECKING:
    from offline.report.shop_report import ReportFiles

SOURCE = "shop"
DRIFT = 0.25
ANALYSES = tuple(job.name for job in manifest.ANALYSES if job.in_demo)
# Recommendations try every half-life with every method. Without the half-lives and the confidence scale that are best for no
# method in this shop, `recommend` tries 10 models instead of 21, and chooses the same.
SETTINGS = {"half_lives": "3,90", "alphas": "1"}


@dataclass(frozen=True)
class Size:
    """The size of the generated shop."""

    # Churn needs four months: three horizons of 30 days after the first month.
    days: int = 125
    users: int = 2000
    events_per_day: int = 1000
    seed: int = 7

    @property
    def folder(self) -> str:
        return f"shop-{self.days}-days-{self.users}-users-{self.events_per_day}-events-seed-{self.seed}"


def run_demo(lake: LocalLake, size: Size | None = None) -> None:
    """Generates, lands, runs, shows and verifies; steps done before are not repeated.

    VerificationError when the marts differ from the ground truth.
    """
    size, console, clock = size or Size(), out(), time.monotonic()
    folder = lake.root / "demo" / size.folder
    console.print(f"[bold]shoplake demo[/]  one shop, {size.days} days, {size.days * size.events_per_day:,} events\n")
    with ThreadPoolExecutor(2) as background:
        # The local stack needs it, and generating uses one core. If it fails, the run says why.
        background.submit(synth.assembly)
        _generate(console, folder, size)
        _land(console, lake, folder)
        _run(console, lake)
        # Neither needs the analyses, and Spark leaves a part of the cores idle.
        scoring = background.submit(scores_of_new_models, lake, SOURCE)
        playing = background.submit(play_live, lake, SOURCE)
        _analyze(console, lake)
        with open_lake(lake.folders) as queries:
            findings.show_all(console, queries, SOURCE)
            insights.show_insights(console, queries, SOURCE)
            comparisons = verification.verify(queries, SOURCE, folder)
        _raise_first(show_models(console, lake, SOURCE, scoring))
        # The batch of the live events changes nothing that the pages show.
        drawing = background.submit(_drawn, lake)
        live, report = show_live(console, lake, playing)
        _raise_first(report)
        comparisons += live
        _show_verification(console, comparisons, folder)
        with working("drawing the report and the dashboard"):
            pages = drawing.result()
    _show_pages(console, pages)
    _show_places(console, lake, folder)
    console.print(f"\nFinished in {time.monotonic() - clock:.0f} s.")
    missed = [comparison.fact for comparison in comparisons if not comparison.matches]
    if missed:
        raise VerificationError(f"The marts differ from the ground truth: {', '.join(missed)}; see {folder / 'truth.json'}.")


def _generate(console: Console, folder: Path, size: Size) -> None:
    if _is_generated(folder):
        console.print(f"already generated: {folder}", markup=False, soft_wrap=True)
        return
    files = generate_files(
        folder, days=size.days, users=size.users, events_per_day=size.events_per_day, seed=size.seed, layout=Layout.SHOP
    )
    console.print(f"generated: {files} files in {folder}", markup=False, soft_wrap=True)


def _is_generated(folder: Path) -> bool:
    """The folder name contains the arguments; truth.json is complete only once all files are written."""
    try:
        return json.loads((folder / "truth.json").read_text(encoding="utf-8"))["complete"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _land(console: Console, lake: LocalLake, folder: Path) -> None:
    """Lands each file with the day it is about as its ingest date."""
    source: Source = load_source(lake.sources, SOURCE)
    files = sorted(path for path in folder.glob("*.csv") if any(kind.accepts(path.name) for kind in source.kinds.values()))
    to_land = validated(source, [(path, date.fromisoformat(path.stem[-len("2025-01-01") :])) for path in files])
    landed = copied(lake, source, to_land)
    new = sum(not one.is_duplicate for one in landed)
    size = sum(path.stat().st_size for path in files)
    console.print(f"landed: {new} files, {len(landed) - new} skipped (already present), {size / 1e6:.0f} MB in total")


def _run(console: Console, lake: LocalLake) -> None:
    report = run_with_progress(lake, RunOptions(source=SOURCE))
    _raise_first(report)
    marts = sum(len(result.accounts) for result in report.of("marts"))
    new = any(result.accounts for result in report.of("conform"))
    summary = f"new files conformed, {marts} marts built" if new or marts else "nothing new to conform or build"
    console.print(f"run: {summary}, in {report.seconds:.0f} s")


def _analyze(console: Console, lake: LocalLake) -> None:
    with ProgressDisplay(err()) as progress:
        report = run_analyses(lake, ANALYSES, RunOptions(source=SOURCE, settings=SETTINGS), progress)
    _raise_first(report)
    console.print(f"analyze: {', '.join(ANALYSES)}, in {report.seconds:.0f} s")


def _raise_first(report: RunReport) -> None:
    if report.errors:
        raise report.errors[0]


def _show_verification(console: Console, comparisons: list[verification.Comparison], folder: Path) -> None:
    findings.heading(console, "Verification against ground truth")
    for one in comparisons:
        if one.matches:
            console.print(f"[green]✓[/] {one.fact}: {one.expected}")
        else:
            console.print(f"[red]✗ {one.fact}[/]: expected {one.expected}, found {one.actual}")
    console.print(f"[dim]Ground truth: {folder / 'truth.json'}", soft_wrap=True)


@dataclass(frozen=True)
class _Pages:
    """What was drawn. `dashboard` is the picture of its first page, if this machine has a browser for that."""

    report: ReportFiles
    profile: Path
    dashboard: Path | None


def _drawn(lake: LocalLake) -> _Pages:
    """Writes the report and the profile as pages, and draws the dashboard's first page."""
    # matplotlib and Dash are slow to import.
    from dashboards.web.served import picture  # noqa: PLC0415
    from offline.report.profile.page import profile_page  # noqa: PLC0415
    from offline.report.profile.profiles import profiles  # noqa: PLC0415
    from offline.report.shop_report import write_report  # noqa: PLC0415

    report = write_report(lake, SOURCE, lake.root / "report")
    profile = report.page.with_name("events-profile.html")
    events = profiles(lake, "events", source=SOURCE)
    profile.write_text(profile_page(events, title="Profile of events", drift=DRIFT), encoding="utf-8")
    return _Pages(report, profile, picture(lake.folders, SOURCE, report.page.with_name("dashboard.png")))


def _show_pages(console: Console, pages: _Pages) -> None:
    """Names the files and the dashboard's address."""
    findings.heading(console, "Report")
    console.print(f"{len(pages.report.pictures)} sections: {pages.report.page}", markup=False, soft_wrap=True)
    console.print(f"Profile of events: {pages.profile}", markup=False, soft_wrap=True)
    findings.heading(console, "Dashboard")
    if pages.dashboard:
        console.print(f"Picture of the first page: {pages.dashboard}", markup=False, soft_wrap=True)
    console.print(f"Start it with `shoplake dashboard`, which serves it on http://127.0.0.1:{PORT}", markup=False, soft_wrap=True)


def _show_places(console: Console, lake: LocalLake, folder: Path) -> None:
    findings.heading(console, "Locations")
    places = (
        ("generated files", folder),
        *((f"s3://{name}", path) for name, path in lake.buckets().items()),
        ("Spark log", lake.log),
    )
    for name, path in places:
        console.print(f"{name:<24} {path}", markup=False, soft_wrap=True)
    console.print('\nNext: shoplake sql "select * from brand_performance order by revenue_rank limit 5"', soft_wrap=True)
    console.print("      shoplake dashboard · shoplake live · shoplake models show churn/shop/1", soft_wrap=True)
    console.print("      shoplake tables · shoplake describe sales_daily · shoplake runs · shoplake quarantine", soft_wrap=True)
