"""Runs the deployed jobs of the analyses in the lake's twin, source by source, as `offline.lake.jobs` runs conform and marts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.document import suggest
from contracts.errors import LakeError
from glue_jobs import manifest
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from offline.console.progress import ProgressDisplay
from offline.lake.jobs import RunOptions, arguments
from offline.lake.local_lake import LocalLake
from offline.twin import client, run_follower
from offline.twin.client import Twin
from offline.twin.run_follower import JobResult


@dataclass
class AnalysisReport:
    """What came of analyses: job and what it did for a source, what failed, in sentences."""

    made: list[tuple[str, JobResult]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0


def analyse(
    home: LocalLake, jobs: Sequence[str], orders: RunOptions, settings: Mapping[str, str], watch: ProgressDisplay
) -> AnalysisReport:
    """Runs these analyses (all if none is named) over the sources that have marts; `settings` are the jobs' own arguments.

    One that fails does not keep the next from its turn. LakeError when another run holds the lake, for a job that there is
    not, or for any failure that is not one analysis' own.
    """
    wanted = [_known(job) for job in jobs] or [job.name for job in manifest.ANALYSES]
    started, findings = time.monotonic(), AnalysisReport()
    names = [load_source(home.sources, orders.source).name] if orders.source else source_names(home.sources)
    present = [name for name in names if (home.folders["processed"] / "etl_runs" / f"source={name}").is_dir()]
    if not present:
        findings.notices.append(
            f"Nothing to analyse: {orders.source or 'no source'} has no tables yet; `shoplake run` makes them."
        )
        return findings
    with home.locked("run", wait=False):
        grain = home.grain(None)
        watch.phase("", "starting the twin")
        twin = client.up(home, memory=orders.memory)
        with watch.following(home):
            for name, job in _each(present, wanted):
                given = arguments(home, orders, grain, name) | {f"--{key}": value for key, value in settings.items()}
                _run(findings, twin, watch, job, given)
    findings.seconds = time.monotonic() - started
    return findings


def _known(job: str) -> str:
    names = [one.name for one in manifest.ANALYSES]
    if job not in names:
        raise LakeError(f"{job}: there is no such analysis; {suggest(job, names)}")
    return job


def _each(sources: Sequence[str], jobs: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((source, job) for source in sources for job in jobs)


def _run(findings: AnalysisReport, twin: Twin, watch: ProgressDisplay, job: str, given: Mapping[str, str]) -> None:
    watch.phase(given["--source"], job)
    try:
        findings.made += [(job, done) for done in run_follower.run_job(twin, manifest.job(job).output, given, watch)]
    except run_follower.RunError:
        raise
    except LakeError as error:
        watch.done(well=False)
        if str(error) not in findings.failed:
            findings.failed.append(str(error))
