"""Starts the deployed Glue jobs of the lake's twin, by boto3 and with a run's own arguments, and follows them to their end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contracts import load_all
from contracts.errors import LakeError
from glue_jobs import manifest
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from offline.console.progress import ProgressDisplay
from offline.lake.local_lake import LocalLake
from offline.twin import client, run_follower
from offline.twin.client import Twin
from offline.twin.run_follower import JobResult


@dataclass(frozen=True)
class RunOptions:
    """What a run is asked to do; `replay` is the id of the run whose quarantined rows are judged again."""

    source: str | None = None
    since: str | None = None
    full: bool = False
    grain: str | None = None
    replay: str | None = None
    memory: str = "4g"


@dataclass
class RunReport:
    """What came of a run: per source what conform did and which marts were built, and what failed, in sentences."""

    conformed: list[JobResult] = field(default_factory=list)
    built: list[JobResult] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(home: LocalLake, orders: RunOptions, watch: ProgressDisplay) -> RunReport:
    """Conforms, then builds the marts, one source after another; a source that fails does not keep the next from its turn.

    LakeError when another run holds the lake, or for any failure that is not one source's own.
    """
    started = time.monotonic()
    report = RunReport(notices=list(_strangers(home)))
    wanted = [load_source(home.sources, orders.source).name] if orders.source else source_names(home.sources)
    present = [name for name in wanted if _has_files(home, name)]
    if not present:
        report.notices.append(_nothing_landed(home, orders.source))
        return report
    with home.locked("run", wait=False):
        grain = home.grain(orders.grain)
        watch.phase("", "starting the twin")
        twin = client.up(home, memory=orders.memory)
        with watch.following(home):
            for name in present:
                _run_source(report, twin, home, watch, name, arguments(home, orders, grain, name))
    report.seconds = time.monotonic() - started
    return report


def _run_source(
    report: RunReport, twin: Twin, home: LocalLake, watch: ProgressDisplay, name: str, given: Mapping[str, str]
) -> None:
    replayed = "--replay" in given
    try:
        watch.phase(name, "conform", tables=list(load_source(home.sources, name).selects))
        outcomes = run_follower.run_job(twin, manifest.job("conform").output, given, watch)
        report.conformed += outcomes
        if replayed and not outcomes:
            return
        watch.phase(name, "marts", tables=list(load_all("curated")))
        kept = {key: value for key, value in given.items() if key not in ("--since", "--replay")}
        report.built += run_follower.run_job(twin, manifest.job("marts").output, kept, watch)
    except run_follower.RunError:
        raise
    except LakeError as error:
        watch.done(well=False)
        if str(error) not in report.failed:
            report.failed.append(str(error))


def arguments(home: LocalLake, orders: RunOptions, grain: str, source: str) -> dict[str, str]:
    """What a run is given beside what the job is deployed with."""
    given = {
        "partition_grain": grain,
        "source": source,
        "full": str(orders.full).lower(),
        "sources": str(home.own_sources.resolve()) if home.own_sources else None,
        "since": orders.since,
        "replay": orders.replay,
        # Where Glue would take a larger worker, the twin gives Spark a larger heap.
        "conf": f"spark.driver.memory={orders.memory}",
    }
    return {f"--{name}": value for name, value in given.items() if value is not None}


def _has_files(home: LocalLake, source: str) -> bool:
    folders = (home.raw / source, home.folders["processed"] / "etl_files" / f"source={source}")
    return any(file.is_file() for folder in folders for file in folder.rglob("*"))


def _strangers(home: LocalLake) -> Iterator[str]:
    """Folders in raw that no source or kind declares: what lies there is never read."""
    known = source_names(home.sources)
    for folder in sorted(entry for entry in home.raw.glob("*") if entry.is_dir()):
        if folder.name not in known:
            yield f"{folder}: no source is named {folder.name}, so its files are not read; known sources: {', '.join(known)}."
            continue
        kinds = load_source(home.sources, folder.name).kinds
        for inner in sorted(entry for entry in folder.iterdir() if entry.name not in kinds):
            yield f"{inner}: {folder.name} has no kind of file {inner.name}, so this is not read; its kinds: {', '.join(kinds)}."


def _nothing_landed(home: LocalLake, source: str | None) -> str:
    return (
        f"Nothing to do: no file of {source or 'any source'} is in {home.raw} yet; "
        f"land some with `shoplake land {source or 'SOURCE'} FILE…`."
    )
