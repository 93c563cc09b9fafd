"""Builds the marts of one source whose inputs changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources.abc import Traversable

from pyspark.sql import DataFrame

from contracts import Contract, load, load_all
from contracts.zones import Zone
from glue_jobs.lib.curated.incremental import Part, SpanningMart
from glue_jobs.lib.curated.reached_days import reached_periods
from glue_jobs.lib.curated.table_writer import BuildResult, TableWriter, record, without, written
from glue_jobs.lib.lake import failed_runs, ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.contract_changes import contract_changes, sentence
from glue_jobs.lib.lake.damage import repairing
from glue_jobs.lib.lake.ledger import NewestRun
from glue_jobs.lib.lake.leftovers import leftover_tables
from glue_jobs.lib.lake.parallel import build_all
from glue_jobs.lib.lake.presence import lost_notice, lost_partitions, recorded_rows
from glue_jobs.lib.source_definition.references import build_order


@dataclass
class Build:
    """One run over one source. `changed` maps a table to the periods that changed in it; None means all of it."""

    lake: Lake
    source: str
    run_id: str
    changed: dict[str, frozenset[str] | None]
    lost: Set[str] = frozenset()
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    accounts: list[TableAccount] = field(default_factory=list)

    def step(self, contract: Contract) -> str:
        """The id under which one mart of the run is staged and committed."""
        return f"{self.run_id}-{contract.name}"


def build_source(lake: Lake, source: str, *, full: bool = False) -> BuildResult:
    """Builds every mart whose inputs, SQL or contract changed since it was built.

    LakeError names the mart and the rule if a row breaks its contract; that mart then stays unchanged.
    """

    def build(rebuild: bool) -> BuildResult:  # noqa: FBT001 - called by `repairing`
        newest = ledger.newest_runs(lake, source)
        if not newest:
            return BuildResult(source, "")
        with failed_runs.recording_failure(lake, source, job="marts") as run_id:
            return _build_source(lake, source, run_id, newest, full=full or rebuild)

    # Only conform may delete files of the ledger.
    return repairing(lake, source, tables=(), run=build)


def _build_source(
    lake: Lake, source: str, run_id: str, newest: Mapping[tuple[str, str], NewestRun], *, full: bool
) -> BuildResult:
    selects = mart_selects(lake.marts)
    order = build_order(selects, where="marts")
    codes = fingerprints(lake.grain, selects, order)
    built = {table: run for (job, table), run in newest.items() if job == "marts"}
    last = max(built.values(), key=lambda run: run.run_id, default=None)
    # A conform with an earlier id than this run may commit after it has read; its changes must be seen next time.
    follows = max((run.run_id for (job, _), run in newest.items() if job == "conform"), default=None)
    pending = None if full or last is None else ledger.changed_since(lake, source, last.versions.get("conform", last.run_id))
    lost = set() if full else lost_partitions(lake, source, recorded_rows(lake, source, job="marts"))
    changed = _periods_by_table(pending)
    if pending is not None and last is not None and last.day is not None:
        for table, periods in reached_periods(lake, source, built_on=last.day, today=datetime.now(UTC).date()).items():
            changed[table] = (changed.get(table) or frozenset()) | periods
    run = Build(lake=lake, source=source, run_id=run_id, changed=changed, lost=lost)

    def build(mart: str, reads: frozenset[str]) -> list[TableAccount]:
        stale = pending is None or mart in lost_marts or mart not in built or built[mart].fingerprint != codes[mart]
        if stale or reads & run.changed.keys():
            return [_build(run, load(mart), selects[mart], reads, whole=stale)]
        return []

    lost_marts = {partition.partition("/")[0] for partition in lost}
    run.accounts = build_all(lake.spark.sparkContext, order, build)
    changes = contract_changes(newest, job="marts", tables=sorted(selects))
    notices = [sentence(changes, consequence="rebuilding from processed")] if changes else []
    notices += [lost_notice(source, lost, zone="curated", origin="processed")] if lost else []
    notices += leftover_tables(lake, lake.curated, source, tables=load_all(Zone.CURATED))
    result = BuildResult(source, run.run_id, tuple(run.accounts), tuple(notices))
    if result.accounts:
        record(lake, result, job="marts", started=run.started, fingerprints=codes, follows=follows)
    return result


def mart_selects(marts: Traversable) -> dict[str, str]:
    """The SQL of every mart, by table."""
    files = [entry for entry in marts.iterdir() if entry.name.endswith(".sql")]
    return {entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8") for entry in files}


def fingerprints(grain: str, selects: Mapping[str, str], order: Sequence[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """Changes with a mart's SQL or contract, or with those of a mart that it reads."""
    codes: dict[str, str] = {}
    for mart, reads in order:
        parts = [grain, selects[mart], repr(load(mart)), *[codes[name] for name in sorted(reads) if name in codes]]
        codes[mart] = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    return codes


def _periods_by_table(pending: Sequence[str] | None) -> dict[str, frozenset[str] | None]:
    periods: dict[str, set[str]] = {}
    for partition in pending or ():
        table, period = partition.split("/")
        periods.setdefault(table, set()).add(period)
    return {table: frozenset(names) for table, names in periods.items()}


def _build(run: Build, contract: Contract, sql: str, reads: frozenset[str], *, whole: bool) -> TableAccount:
    clock = time.monotonic()
    part = _part(run, contract, sql, reads, whole=whole)
    commits, commit = committer(run.lake, Zone.CURATED, job="marts"), Commit(run.step(contract))
    location, writer = commits.staging(commit.run_id), TableWriter(run.lake, run.source, contract, f"marts/{contract.name}.sql")
    rows = writer.stage(part.rows, location)
    counts = without(run.lost, contract.name) | writer.replace(commit, location, periods=part.periods)
    commits.commit(commit)
    run.changed[contract.name] = None if part.periods is None else frozenset(part.periods)
    return written(contract.name, rows, counts, seconds=time.monotonic() - clock)


def _part(run: Build, contract: Contract, sql: str, reads: frozenset[str], *, whole: bool) -> Part:
    """The rows of all periods, or of those that the changes can touch."""
    changes = [run.changed[name] for name in reads if name in run.changed]
    changed = frozenset[str]().union(*[periods or () for periods in changes])

    def select(periods: Sequence[str] | None) -> DataFrame:
        inputs = {name: run.lake.read(name, source=run.source, periods=periods) for name in sorted(reads)}
        return run.lake.select(sql, inputs, where=f"marts/{contract.name}.sql")

    if whole or not contract.incremental or None in changes:
        return Part(None, select(None))
    if contract.end_column:
        (only,) = reads
        return SpanningMart(run.lake, run.source, contract, only, changed).part(select)
    return Part(sorted(changed), select(sorted(changed)))
