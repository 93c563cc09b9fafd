"""The story of one conform run over one source."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyspark
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import Contract, load
from contracts.derive.spark import struct_type
from glue_jobs.lib import ledger
from glue_jobs.lib.account import TableAccount, add_up
from glue_jobs.lib.commit import Commit, Committer
from glue_jobs.lib.header import read_header
from glue_jobs.lib.lake import Lake
from glue_jobs.lib.plan import Plan, make_plan
from glue_jobs.lib.quarantine import quarantine_rows, rejected_by_rule
from glue_jobs.lib.reading import RawFile, line_counts
from glue_jobs.lib.references import build_order
from glue_jobs.lib.shaping import Control, Shaper
from glue_jobs.lib.source import FileKind, Source, load_source
from glue_jobs.lib.staging import Staged, stage, staged_files, staged_rejects, staged_rows
from glue_jobs.lib.storage import StoredFile

# Raw text expands when its gzip is opened; a derived row is a few columns wide. Both only size tasks.
GZIP_RATIO = 6
DERIVED_ROW_BYTES = 16
VERSIONS = {"spark": pyspark.__version__}


@dataclass(frozen=True)
class Outcome:
    """What a run did for one source; `accounts` is empty when there was nothing to do."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass
class Run:
    """One conform run of one source, while it lasts."""

    lake: Lake
    source: Source
    plan: Plan
    fingerprint: str
    run_id: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    scope: list[str] | None = None
    staged: dict[str, Staged] = field(default_factory=dict)
    accounts: list[TableAccount] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    places: dict[str, DataFrame] = field(default_factory=dict)
    rows_by_file: dict[str, int] = field(default_factory=dict)

    @property
    def staging(self) -> str:
        return Committer(self.lake.storage, self.lake.processed).staging(self.run_id)

    @property
    def shaper(self) -> Shaper:
        return Shaper(self.lake, self.source)

    def new_uris(self, kind: FileKind) -> list[str]:
        return [file.uri for file in self.plan.loaded(kind.name)]

    def files(self, kind: FileKind) -> list[RawFile]:
        """The judged files of a kind, and those kept ones that touch the run's periods."""
        touched = {f"{kind.records}/{period}" for period in self.scope or ()}
        kept = [file.uri for file in self.plan.kept.values() if file.kind == kind.name and touched.intersection(file.partitions)]
        storage = self.lake.storage
        return [*self.plan.loaded(kind.name), *[RawFile(uri, read_header(kind, storage.head(uri), file=uri)) for uri in kept]]

    def lookups(self, reads: frozenset[str]) -> list[FileKind]:
        """The kinds without records of their own that a SELECT reads."""
        return [kind for kind in self.source.kinds.values() if kind.records is None and f"raw_{kind.name}" in reads]

    def table(self, name: str) -> DataFrame:
        """The rows that this run staged for a table; empty when it had no files."""
        if name in self.staged:
            return staged_rows(self.lake, load(name), self.staged[name])
        return self.lake.spark.createDataFrame([], struct_type(load(name), partitions=True))

    def rewrites(self, file: StoredFile) -> bool:
        """Whether an existing file of a table lies in a partition that this run writes anew."""
        return self.scope is None or file.folder.removeprefix("period=") in self.scope


def conform_source(
    lake: Lake, name: str, *, full: bool = False, since: str | None = None, again: frozenset[str] = frozenset()
) -> Outcome:
    """Takes what is new in a source's raw files to the processed zone.

    Raises LakeError when rows do not add up; then nothing of the run is visible.
    """
    source = load_source(lake.sources, name)
    code = source.fingerprint(lake.grain, *[repr(load(table)) for table in sorted(source.selects)])
    known = ledger.known_files(lake, name)
    plan = make_plan(lake, source, known, fingerprint=code, full=full, since=since, again=again)
    run = Run(lake=lake, source=source, plan=plan, fingerprint=code, run_id=ledger.new_run_id(), known=frozenset(known))
    if plan.is_empty:
        return Outcome(source=name, run_id=run.run_id, notices=plan.notices)
    run.scope = None if plan.whole else _scope(run)
    for table, reads in build_order(source.selects, where=name):
        _stage_table(run, load(table), reads)
    _commit(run)
    reasons = [f"{file.status}: {file.reason}" for file in plan.judged if file.reason]
    return Outcome(name, run.run_id, tuple(run.accounts), (*plan.notices, *reasons))


def _scope(run: Run) -> list[str]:
    """The periods that the new files touch, or touched when they were judged before."""
    periods = {part.rsplit("/", 1)[1] for part in run.plan.former_partitions}
    for kind in run.source.kinds.values():
        files = run.plan.loaded(kind.name)
        if files and kind.records:
            records = run.shaper.records(kind, files)
            rows = run.shaper.judged(load(kind.records), {f"raw_{kind.name}": records})
            good = rows.where(F.col("_record.broken").isNull() & F.col("period").isNotNull())
            periods |= {row.period for row in good.select("period").distinct().collect()}
    return sorted(periods)


def _stage_table(run: Run, contract: Contract, reads: frozenset[str]) -> None:
    kind = next((kind for kind in run.source.kinds.values() if kind.records == contract.name), None)
    inputs = {name: run.table(name) for name in reads if name in run.source.selects}
    inputs |= {f"raw_{other.name}": run.shaper.records(other, run.files(other)) for other in run.lookups(reads)}
    clock = time.monotonic()
    if kind is None:
        size = DERIVED_ROW_BYTES * sum(run.staged[name].processed for name in inputs if name in run.staged)
        _stage(run, contract, run.shaper.judged(contract, inputs), size=size, new_files=None, clock=clock)
        return
    files = run.files(kind)
    if not files:
        return
    run.places[contract.name] = line_counts(run.lake.spark, files).cache()
    records, control = run.shaper.controlled(kind, files, new=run.new_uris(kind))
    new_files = None if run.scope is None else run.new_uris(kind)
    judged = run.shaper.judged(contract, {**inputs, f"raw_{kind.name}": records})
    staged = _stage(run, contract, judged, size=_size(run, files), new_files=new_files, clock=clock)
    run.accounts.append(add_up(_raw_account(run, kind, contract, staged, control()), source=run.source.name))


def _stage(
    run: Run, contract: Contract, judged: DataFrame, *, size: int, new_files: Sequence[str] | None, clock: float
) -> Staged:
    staged = stage(
        run.lake,
        contract,
        judged,
        source=run.source.name,
        location=f"{run.staging}/{contract.name}",
        input_bytes=size,
        new_files=new_files,
        scope=run.scope,
    )
    run.staged[contract.name] = staged
    account = TableAccount(
        table=contract.name,
        read=staged.read,
        processed=staged.processed,
        quarantined=staged.rejected,
        duplicates=staged.duplicates,
        quarantined_by_rule=rejected_by_rule(run.lake, staged, source=run.source.name),
        warnings_by_rule=staged.warnings,
        partitions=[f"{contract.name}/{period}" for period in staged.periods],
        seconds=time.monotonic() - clock,
    )
    run.accounts.append(add_up(account, source=run.source.name))
    return staged


def _raw_account(run: Run, kind: FileKind, contract: Contract, staged: Staged, control: Control) -> TableAccount:
    """Records of the new files, counted as lines of text, against the rows that came out of the SELECT."""
    new = set(run.new_uris(kind))
    counts = run.places[contract.name].groupBy("file").agg(F.sum("records").alias("records")).collect()
    run.rows_by_file.update({row.file: row.records for row in counts if row.file in new})
    return TableAccount(
        table=f"raw_{kind.name}",
        read=sum(row.records for row in counts if row.file in new),
        processed=staged.read_new,
        left_out_by_rule=control.left_out,
        control_totals=control.totals,
        partitions=[],
    )


def _size(run: Run, files: Sequence[RawFile]) -> int:
    sizes = {file.uri: file.size for file in (*run.plan.judged, *run.plan.kept.values())}
    return sum(sizes[file.uri] * (GZIP_RATIO if file.uri.endswith(".gz") else 1) for file in files)


def _commit(run: Run) -> None:
    """Hands all that was staged to one commit: tables, quarantine, the ledger's rows."""
    lake, source = run.lake, run.source.name
    commit = Commit(run.run_id)
    for table in run.source.selects:
        contract = load(table)
        place = f"{lake.location(contract)}/source={source}"
        existing = [file for file in lake.storage.files(place, pattern="*.parquet") if run.rewrites(file)]
        staged = staged_files(lake, run.staged[table], source=source) if table in run.staged else {}
        commit.replace({f"{place}/{folder}": files for folder, files in staged.items()}, existing)
    _stage_quarantine(run, commit)
    finished = datetime.now(UTC)
    facts = {"job": "conform", "run_id": run.run_id, "fingerprint": run.fingerprint, "versions": VERSIONS}
    rows = [account.row(**facts, started=run.started, finished=finished) for account in run.accounts]
    ledger.record(lake, commit, "etl_runs", rows, source=source, staging=run.staging)
    ledger.record(lake, commit, "etl_files", _file_rows(run, finished), source=source, staging=run.staging)
    Committer(lake.storage, lake.processed).commit(commit)


def _file_rows(run: Run, now: datetime) -> list[dict[str, Any]]:
    touched: dict[str, set[str]] = {}
    for table, staged in run.staged.items():
        for file, period in staged.touched:
            touched.setdefault(file, set()).add(f"{table}/{period}")
    return [
        {
            "run_id": run.run_id,
            "file_kind": file.kind,
            "source_file": file.uri,
            "sha256": file.sha256,
            "bytes": file.size,
            "rows": run.rows_by_file.get(file.uri, 0),
            "fingerprint": run.fingerprint,
            "partitions": sorted(touched.get(file.uri, ())),
            "status": file.status,
            "reason": file.reason,
            "recorded_at": now,
        }
        for file in run.plan.judged
    ]


def _stage_quarantine(run: Run, commit: Commit) -> None:
    """The quarantine's partitions that this run changes: what stands there of other files, and this run's rejects."""
    lake, now = run.lake, datetime.now(UTC)
    fresh = {file.uri for file in run.plan.judged}
    judged_before = bool(fresh & run.known) or run.plan.whole
    if not judged_before and not any(staged.rejected for staged in run.staged.values()):
        return
    contract = load("quarantine")
    place = f"{lake.location(contract)}/source={run.source.name}"
    columns = [*[column.name for column in contract.data_columns], "period"]
    standing = lake.read("quarantine", source=run.source.name).select(columns)
    rejects = standing.where("false")
    for table, staged in run.staged.items():
        if staged.rejected:
            rows = staged_rejects(lake, staged, source=run.source.name)
            rows = rows.where(F.col("file").isNull() | F.col("file").isin(list(fresh)))
            kind = next((kind.name for kind in run.source.kinds.values() if kind.records == table), "derived")
            places = run.places.get(table)
            rejects = rejects.unionByName(
                quarantine_rows(lake, rows, places, table=table, kind=kind, run_id=run.run_id, now=now).select(columns)
            )
    if run.plan.whole:
        standing = standing.where("false")
    standing = standing.where(~F.col("source_file").isin(list(fresh)))
    standing = standing.join(rejects.where("source_file = ''"), ["table_name", "source_file", "raw_text"], "left_anti")
    staged_at = f"{run.staging}/quarantine"
    standing.select(columns).unionByName(rejects).repartition("period").sortWithinPartitions(
        "period", "source_file", "line_number"
    ).write.partitionBy("period").parquet(staged_at)
    files: dict[str, list[StoredFile]] = {}
    for file in lake.storage.files(staged_at, pattern="*.parquet"):
        files.setdefault(f"{place}/{file.folder}", []).append(file)
    commit.replace(files, lake.storage.files(place, pattern="*.parquet"))
