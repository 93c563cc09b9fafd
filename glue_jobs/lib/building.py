"""The marts of one source, built from what changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyspark
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from contracts import Contract, load
from contracts.derive.spark import struct_type
from contracts.errors import LakeError
from glue_jobs.lib import checks, ledger
from glue_jobs.lib.account import TableAccount
from glue_jobs.lib.commit import Commit, Committer
from glue_jobs.lib.lake import Lake
from glue_jobs.lib.parallel import make_all
from glue_jobs.lib.references import build_order
from glue_jobs.lib.storage import StoredFile


@dataclass(frozen=True)
class Built:
    """What one run built for one source; empty when nothing had changed."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()


@dataclass
class Build:
    """One run over one source. `changed` maps a table to the periods that changed in it; None means all of it."""

    lake: Lake
    source: str
    run_id: str
    changed: dict[str, frozenset[str] | None]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    accounts: list[TableAccount] = field(default_factory=list)

    def step(self, contract: Contract) -> str:
        """The id under which one mart of the run is staged and committed."""
        return f"{self.run_id}-{contract.name}"


def build_source(lake: Lake, source: str, *, full: bool = False) -> Built:
    """Builds every mart that reads something new, or whose SQL or contract changed since it was built.

    Raises LakeError naming the mart and the promise when a row breaks its contract; that mart then stays as it was.
    """
    if not lake.storage.exists(f"{lake.processed}/etl_runs/source={source}"):
        return Built(source, "")
    selects = mart_selects(lake)
    order = build_order(selects, where="marts")
    codes = fingerprints(lake, selects, order)
    built = ledger.mart_fingerprints(lake, source)
    pending = None if full else ledger.pending_partitions(lake, source)
    run = Build(lake=lake, source=source, run_id=ledger.new_run_id(), changed=_periods_by_table(pending))

    def build(mart: str, reads: frozenset[str]) -> list[TableAccount]:
        stale = pending is None or built.get(mart) != codes[mart]
        if stale or reads & run.changed.keys():
            return [_build(run, load(mart), selects[mart], reads, whole=stale)]
        return []

    run.accounts = make_all(lake.spark.sparkContext, order, build)
    if run.accounts:
        _record(run, codes)
    return Built(source, run.run_id, tuple(run.accounts))


def mart_selects(lake: Lake) -> dict[str, str]:
    """The SQL of every mart, by table."""
    found = [entry for entry in lake.marts.iterdir() if entry.name.endswith(".sql")]
    return {entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8") for entry in found}


def fingerprints(lake: Lake, selects: Mapping[str, str], order: Sequence[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """Changes with a mart's SQL or contract, or with those of a mart that it reads."""
    codes: dict[str, str] = {}
    for mart, reads in order:
        parts = [lake.grain, selects[mart], repr(load(mart)), *[codes[name] for name in sorted(reads) if name in codes]]
        codes[mart] = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    return codes


def _periods_by_table(pending: Sequence[str] | None) -> dict[str, frozenset[str] | None]:
    periods: dict[str, set[str]] = {}
    for partition in pending or ():
        table, period = partition.split("/")
        periods.setdefault(table, set()).add(period)
    return {table: frozenset(found) for table, found in periods.items()}


def _build(run: Build, contract: Contract, sql: str, reads: frozenset[str], *, whole: bool) -> TableAccount:
    clock = time.monotonic()
    periods = _touched(run, contract, reads, whole=whole)
    result = _select(run, contract, sql, reads, periods)
    location = Committer(run.lake.storage, run.lake.curated).staging(run.step(contract))
    rows = _stage(run, contract, result, location)
    partitions = _commit(run, contract, location, periods)
    run.changed[contract.name] = None if periods is None else frozenset(periods)
    return TableAccount(table=contract.name, read=rows, processed=rows, partitions=partitions, seconds=time.monotonic() - clock)


def _touched(run: Build, contract: Contract, reads: frozenset[str], *, whole: bool) -> list[str] | None:
    """The periods to build; None for all."""
    changes = [run.changed[name] for name in reads if name in run.changed]
    if whole or not contract.incremental or None in changes:
        return None
    return sorted({period for change in changes for period in change or ()})


def _select(run: Build, contract: Contract, sql: str, reads: frozenset[str], periods: list[str] | None) -> DataFrame:
    inputs = {name: run.lake.read(name, source=run.source, periods=periods) for name in sorted(reads)}
    frame = run.lake.select(sql, inputs, where=f"marts/{contract.name}.sql")
    found, promised = frame.columns, [column.name for column in contract.columns]
    if found != promised:
        raise LakeError(
            f"marts/{contract.name}.sql: selects {', '.join(found)}; its contract promises {', '.join(promised)}, in this order."
        )
    return frame.select([F.col(column.name).cast(column.physical_type) for column in contract.columns])


def _stage(run: Build, contract: Contract, frame: DataFrame, location: str) -> int:
    """Writes the mart beside its place and holds it to its contract; the number of rows."""
    by = ["source", "period"] if "period" in contract.partition_columns else ["source"]
    order = [name for name in (contract.time_column, *contract.key) if name and name not in by]
    seen = Observation()
    counted = frame.observe(seen, *checks.counts(contract))
    # Adaptive execution then makes one file of a small partition and several of a large one.
    spread = run.lake.select(f"select /*+ rebalance({', '.join(by)}) */ * from _built", {"_built": counted}, where=contract.name)
    spread.sortWithinPartitions(*by, *dict.fromkeys(order)).write.partitionBy(*by).parquet(location)
    broken = [name for name, rows in seen.get.items() if name != checks.ROWS and rows]
    if broken:
        raise LakeError(
            f"{run.source}.{contract.name}: rows break {', '.join(broken)}; mend marts/{contract.name}.sql or its contract."
        )
    _hold_grain(run, contract, location, by)
    return int(seen.get[checks.ROWS])


def _hold_grain(run: Build, contract: Contract, location: str, by: Sequence[str]) -> None:
    key = [*by, *[name for name in contract.key if name not in by]]
    if len(key) == len(by):
        return
    staged = run.lake.spark.read.schema(struct_type(contract, partitions=True)).parquet(location)
    twice = staged.groupBy(key).count().where("count > 1").first()
    if twice:
        found = ", ".join(f"{name}={twice[name]}" for name in key)
        raise LakeError(f"{run.source}.{contract.name}: {twice['count']} rows for {found}; its grain is: {contract.grain}")


def _commit(run: Build, contract: Contract, location: str, periods: list[str] | None) -> list[str]:
    storage, place = run.lake.storage, run.lake.location(contract)
    staged: dict[str, list[StoredFile]] = {}
    for file in storage.files(location, pattern="*.parquet"):
        staged.setdefault(place + file.uri.removeprefix(location).rsplit("/", 1)[0], []).append(file)
    existing = storage.files(f"{place}/source={run.source}", pattern="*.parquet")
    if periods is not None:
        existing = [file for file in existing if file.folder.removeprefix("period=") in periods]
    commit = Commit(run.step(contract))
    commit.replace(staged, existing)
    Committer(storage, run.lake.curated).commit(commit)
    return [f"{contract.name}/{folder.rsplit('=', 1)[1]}" for folder in sorted(staged)]


def _record(run: Build, codes: Mapping[str, str]) -> None:
    finished, versions = datetime.now(UTC), {"spark": pyspark.__version__}
    rows = [
        account.row(
            job="marts",
            run_id=run.run_id,
            fingerprint=codes[account.table],
            versions=versions,
            started=run.started,
            finished=finished,
        )
        for account in run.accounts
    ]
    commit, committer = Commit(run.run_id), Committer(run.lake.storage, run.lake.processed)
    ledger.record(run.lake, commit, "etl_runs", rows, source=run.source, staging=committer.staging(run.run_id))
    committer.commit(commit)
