"""Runs the deployed Glue jobs of a local lake, source by source, with boto3, and follows each run to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from contracts import Zone, load_all
from contracts.document import suggest
from contracts.errors import LakeError, SourceError, UsageError
from glue_jobs import manifest
from glue_jobs.lib.conform.unread import unknown_sources
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from glue_jobs.manifest import JobSpec
from offline.console.progress import ProgressDisplay
from offline.files import folder_names
from offline.lake.local_lake import LocalLake
from offline.twin import client
from offline.twin.run_follower import JobResult, RunError, run_job
from offline.twin.spark.process import MEMORY


@dataclass(frozen=True)
class RunOptions:
    """Options of a run. `replay` is a run id whose quarantined rows are processed again, `settings` a job's own arguments."""

    source: str | None = None
    since: str | None = None
    full: bool = False
    drop_missing: bool = False
    grain: str | None = None
    replay: str | None = None
    memory: str = MEMORY
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Jobs of one source in order, each with the tables that it builds."""

    source: str
    jobs: Mapping[str, Sequence[str]]


@dataclass
class RunReport:
    """What each job did per source, which errors occurred, and notices; `seconds` is wall time."""

    results: list[tuple[str, JobResult]] = field(default_factory=list)
    errors: list[LakeError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def of(self, job: str) -> list[JobResult]:
        """The results of one job, by source."""
        return [result for name, result in self.results if name == job]


def run_batch(lake: LocalLake, options: RunOptions, progress: ProgressDisplay) -> RunReport:
    """Runs conform, then the marts, for each source that has raw files. An error in one source does not stop the others.

    BusyError when another run holds the lake. RunError for a failure that is not specific to one source.
    """
    report = RunReport()
    sources = list(_loaded(lake, options, report))
    report.notices += unknown_sources(str(lake.raw), folder_names(lake.raw), source_names(lake.sources))
    steps = [
        Step(source.name, {"conform": list(source.selects), "marts": list(load_all(Zone.CURATED))})
        for source in sources
        if _has_raw_files(lake, source.name)
    ]
    if steps:
        return _run(lake, options, progress, steps=steps, report=report)
    if not report.errors:
        report.notices.append(
            f"Nothing to do: there are no files of {options.source or 'any source'} in {lake.raw} yet; "
            f"land some with `shoplake land {options.source or 'SOURCE'} FILE…`."
        )
    return report


def run_analyses(lake: LocalLake, names: Sequence[str], options: RunOptions, progress: ProgressDisplay) -> RunReport:
    """Runs these analyses (all if none is named) for each source that has curated tables; errors as `run_batch`."""
    jobs = [_analysis(name) for name in names] or manifest.ANALYSES
    if options.source:
        load_source(lake.sources, options.source)
    sources = [options.source] if options.source else source_names(lake.sources)
    steps = [Step(name, {job.name: job.writes}) for name in sources if _has_run(lake, name) for job in jobs]
    if not steps:
        source = options.source or "No source"
        verb = "has no" if options.source else "has"
        return RunReport(notices=[f"{source} {verb} curated tables yet; run `shoplake run` first."])
    return _run(lake, options, progress, steps=steps, report=RunReport())


def _run(
    lake: LocalLake,
    options: RunOptions,
    progress: ProgressDisplay,
    *,
    steps: Sequence[Step],
    report: RunReport,
) -> RunReport:
    """Runs each step: jobs of one source, in order, until one of them fails."""
    started = time.monotonic()
    with lake.locked("run", wait=False):
        arguments = _arguments(lake, options, lake.grain(options.grain))
        progress.phase("", "starting the local stack")
        twin = client.up(lake.root, memory=options.memory)
        for step in steps:
            try:
                for name, tables in step.jobs.items():
                    progress.phase(step.source, name, tables=tables)
                    results = run_job(twin, manifest.job(name).output, _for_job(arguments, step.source, name), progress)
                    report.results += [(name, result) for result in results]
                    if options.replay and not results:
                        break
            except RunError:
                raise
            except LakeError as error:
                progress.finish(succeeded=False)
                if str(error) not in map(str, report.errors):
                    report.errors.append(error)
    report.seconds = time.monotonic() - started
    return report


def _analysis(name: str) -> JobSpec:
    names = [job.name for job in manifest.ANALYSES]
    if name not in names:
        raise UsageError(f"{name}: there is no such analysis; {suggest(name, names)}")
    return manifest.job(name)


def _loaded(lake: LocalLake, options: RunOptions, report: RunReport) -> Iterator[Source]:
    """The requested source, or all that have raw files; one that cannot be loaded becomes an error of the report."""
    names = [name for name in source_names(lake.sources) if _has_raw_files(lake, name)]
    for name in [options.source] if options.source else names:
        try:
            yield load_source(lake.sources, name)
        except SourceError as error:
            report.errors.append(error)


def _arguments(lake: LocalLake, options: RunOptions, grain: str) -> dict[str, str]:
    """Job arguments in addition to those the job is deployed with."""
    arguments = {
        "partition_grain": grain,
        "full": str(options.full).lower(),
        "sources": str(lake.own_sources.resolve()) if lake.own_sources else None,
        "since": options.since,
        "drop_missing": "true" if options.drop_missing else None,
        "replay": options.replay,
        # Where Glue would use a larger worker, the local stack gives Spark more memory.
        "conf": f"spark.driver.memory={options.memory}",
        **options.settings,
    }
    return {f"--{name}": value for name, value in arguments.items() if value is not None}


def _for_job(arguments: Mapping[str, str], source: str, job: str) -> dict[str, str]:
    """Only conform selects raw files."""
    kept = (
        arguments
        if job == "conform"
        else {key: arguments[key] for key in arguments if key not in ("--since", "--replay", "--drop_missing")}
    )
    return {**kept, "--source": source}


def _has_raw_files(lake: LocalLake, source: str) -> bool:
    folders = (lake.raw / source, lake.folders["processed"] / "etl_files" / f"source={source}")
    return any(file.is_file() for file in chain.from_iterable(folder.rglob("*") for folder in folders))


def _has_run(lake: LocalLake, source: str) -> bool:
    return (lake.folders["processed"] / "etl_runs" / f"source={source}").is_dir()
