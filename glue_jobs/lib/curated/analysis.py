"""Runs analyses that are more than a SELECT: what a job declares, and how its results become curated tables.

A job is glue_jobs/<job>.py: a function from tables to tables, its options, and an `Analysis` that names both. For each
source it reads the tables, skips the source if neither they nor the code nor the options changed, checks each result against its
contract, and commits all results of a run together. Its files are named after the job, so several jobs may fill one table
(`model_metrics`), each replacing its own rows alone. No mart may read the result of an analysis: analyses run after all marts.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from importlib.resources.abc import Traversable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import data_tables, load
from contracts.derive.spark import struct_type
from contracts.zones import Zone
from glue_jobs import manifest
from glue_jobs.lib.curated.table_writer import BuildResult, TableWriter, record, without, written
from glue_jobs.lib.lake import failed_runs, ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit, Committer
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake, empty, parse, parser
from glue_jobs.lib.lake.damage import repairing
from glue_jobs.lib.lake.each_source import each_source
from glue_jobs.lib.lake.lease import lease
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.presence import lost_partitions, recorded_rows
from glue_jobs.lib.source_definition.source_loader import source_names


@dataclass(frozen=True)
class AnalysisInput:
    """The input of a job: the source's tables by name, and the job's own options.

    The job adds to `notices` what users must know about its results; the run shows them after the source's name. It adds to
    `figures` what CloudWatch shall watch; the manifest names them.
    """

    lake: Lake
    source: str
    tables: Mapping[str, DataFrame]
    options: argparse.Namespace
    notices: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """A job of the manifest, the tables it `reads`, and how it computes the tables it writes.

    `compute` returns a frame per table, with the columns of its contract in order; a missing table is empty for the source.
    `options` adds the job's own arguments to the shared ones, each with a default and a help text. `files` lists the files of a
    source that the job reads besides tables.
    """

    job: str
    compute: Callable[[AnalysisInput], Mapping[str, DataFrame]]
    options: Callable[[argparse.ArgumentParser], None] = lambda _: None
    files: Callable[[Lake, str], Sequence[StoredFile]] = lambda _lake, _source: ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables by name; `processed.*` stands for the shops' data, without the ledger."""
        names = manifest.job(self.job).reads
        return tuple(data_tables()) if names == ("processed.*",) else names

    @property
    def makes(self) -> tuple[str, ...]:
        return manifest.job(self.job).writes


def perform(analysis: Analysis, argv: Sequence[str], *, description: str) -> list[BuildResult]:
    """Runs a job for one source or all, and returns one result per source. LakeError if a result breaks its contract."""
    arguments = parser(description)
    shared = {action.dest for action in arguments._actions}  # noqa: SLF001 - argparse has no public list of its arguments
    analysis.options(arguments)
    parsed = parse(arguments, argv)
    options = argparse.Namespace(**{name: value for name, value in vars(parsed).items() if name not in shared})
    lake = Lake.open(parsed)
    with lease(lake, job=analysis.job):
        committer(lake, Zone.PROCESSED, job=analysis.job).recover()
        _committer(analysis, lake).recover()
        names = [parsed.source] if parsed.source else source_names(lake.sources)
        full = parsed.full == "true"
        return each_source(names, lambda name: _analyze(analysis, lake, name, options, full=full), healthy=lake.works)


def _analyze(analysis: Analysis, lake: Lake, source: str, options: argparse.Namespace, *, full: bool) -> BuildResult:
    def run(rebuild: bool) -> BuildResult:  # noqa: FBT001 - called by `repairing`
        return _analyze_changes(analysis, lake, source, options, full=full or rebuild)

    # A job may read its earlier results, which nothing else can compute again.
    return repairing(lake, source, tables=analysis.makes, run=run)


def _analyze_changes(analysis: Analysis, lake: Lake, source: str, options: argparse.Namespace, *, full: bool) -> BuildResult:
    newest = ledger.newest_runs(lake, source)
    if not newest:
        return BuildResult(source, "")
    fingerprint = _fingerprint(analysis, lake, source, options, newest)
    previous = [newest.get((analysis.job, table)) for table in analysis.makes]
    lost = lost_partitions(lake, source, recorded_rows(lake, source, job=analysis.job), stem=analysis.job)
    if not full and not lost and all(run is not None and run.fingerprint == fingerprint for run in previous):
        return BuildResult(source, "")
    with failed_runs.recording_failure(lake, source, job=analysis.job) as run_id:
        return _computed(analysis, lake, source, options, run_id, fingerprint, lost)


def _computed(
    analysis: Analysis,
    lake: Lake,
    source: str,
    options: argparse.Namespace,
    run_id: str,
    fingerprint: str,
    lost: Set[str],
) -> BuildResult:
    started = datetime.now(UTC)
    lake.spark.sparkContext.setCheckpointDir(f"{_committer(analysis, lake).staging(run_id)}/checkpoints")
    tables = {name: lake.read(name, source=source) for name in analysis.reads}
    data = AnalysisInput(lake, source, tables, options)
    results = analysis.compute(data)
    accounts = tuple(_publish(analysis, lake, source, results, run_id, lost))
    built = BuildResult(source, run_id, accounts, tuple(f"{source}: {notice}" for notice in data.notices), data.figures)
    record(lake, built, job=analysis.job, started=started, fingerprints=dict.fromkeys(analysis.makes, fingerprint))
    return built


def _publish(
    analysis: Analysis, lake: Lake, source: str, results: Mapping[str, DataFrame], run_id: str, lost: Set[str]
) -> Sequence[TableAccount]:
    """Stages every result and commits them together; returns their row counts."""
    commits, commit = _committer(analysis, lake), Commit(run_id)
    accounts = []
    for table in analysis.makes:
        clock, contract = time.monotonic(), load(table)
        frame = results.get(table)
        if frame is None:
            frame = empty(lake.spark, struct_type(contract, partitions=True))
        location = f"{commits.staging(run_id)}/{table}"
        place = TableWriter(lake, source, contract, f"glue_jobs/{analysis.job}.py")
        rows = place.stage(frame, location)
        counts = without(lost, table) | place.replace(commit, location, stem=analysis.job)
        accounts.append(written(table, rows, counts, seconds=time.monotonic() - clock))
    commits.commit(commit)
    return accounts


def _committer(analysis: Analysis, lake: Lake) -> Committer:
    """Commits of the curated tables that the analysis writes."""
    return committer(lake, Zone.CURATED, job=analysis.job, tables=analysis.makes, stem=analysis.job)


def _fingerprint(
    analysis: Analysis,
    lake: Lake,
    source: str,
    options: argparse.Namespace,
    newest: Mapping[tuple[str, str], ledger.NewestRun],
) -> str:
    """Changes with the job's code, options, contracts and files, and with every run that wrote a table it reads."""
    inputs = sorted(run.run_id for (_, table), run in newest.items() if table in analysis.reads)
    inputs += [f"{file.uri} {file.size} {file.modified} {file.etag}" for file in analysis.files(lake, source)]
    scripts = resources.files("glue_jobs")
    files = (scripts / f"{analysis.job}.py", *code_files(scripts / "algorithms"), *_selects(scripts / analysis.job))
    code = [file.read_text(encoding="utf-8") for file in files]
    parts = [lake.grain, *code, *[repr(load(table)) for table in analysis.makes], repr(sorted(vars(options).items())), *inputs]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _selects(folder: Traversable) -> Sequence[Traversable]:
    """The job's SQL files, for a job that has a folder of them."""
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)


def code_files(folder: Traversable) -> Iterator[Traversable]:
    """The Python files of a package and of the packages in it, in a fixed order."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from code_files(entry)
        elif entry.name.endswith(".py"):
            yield entry


def of_source(frame: DataFrame, source: str) -> DataFrame:
    """The frame with the partition column `source` as its last column."""
    return frame.withColumn("source", F.lit(source))
