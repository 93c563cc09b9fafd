"""The end of a conform run: tables, quarantine and ledger rows become visible in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.zones import Zone
from glue_jobs.lib.conform.quarantine import Places, quarantine_rows
from glue_jobs.lib.conform.run import Run
from glue_jobs.lib.conform.staging import is_of, staged_files, staged_rejects
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import rows_by_partition
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.source_definition.header import header_text

# The kind of rows that are no records of a file.
DERIVED = "derived"


def publish(run: Run) -> None:
    """Commits everything that was staged: tables, quarantine and ledger rows."""
    lake, source = run.lake, run.source.name
    commit = Commit(run.run_id)
    counts = {table: _replace(run, commit, table) for table in run.source.selects}
    quarantined = _stage_quarantine(run, commit)
    run.accounts = [
        replace(account, rows_by_partition=counts.get(account.table, {}) | ({} if number else quarantined))
        for number, account in enumerate(run.accounts)
    ]
    finished = datetime.now(UTC)
    rows = [
        account.row(
            job="conform",
            run_id=run.run_id,
            fingerprint=run.fingerprint,
            started=run.started,
            finished=finished,
        )
        for account in run.accounts
    ]
    ledger.record(lake, commit, "etl_runs", rows, source=source, staging=run.staging, compact=True)
    ledger.record(lake, commit, "etl_files", _file_rows(run, finished), source=source, staging=run.staging, compact=True)
    committer(lake, Zone.PROCESSED, job="conform").commit(commit)


def _replace(run: Run, commit: Commit, table: str) -> dict[str, int]:
    """Adds a table to the commit; returns its rows by partition, with 0 for those that are deleted."""
    contract, staged = load(table), run.staged.get(table)
    place = f"{run.lake.location(contract)}/source={run.source.name}"
    existing = run.lake.storage.files(place, pattern="*.parquet", periods=run.scope)
    files = staged_files(run.lake, staged, source=run.source.name) if staged else {}
    commit.replace({f"{place}/{folder}": group for folder, group in files.items()}, existing)
    return _counted(run, table, existing, staged.by_period if staged else {})


def _counted(run: Run, table: str, existing: Sequence[StoredFile], rows: Mapping[str, int]) -> dict[str, int]:
    former = {f"{table}/{file.folder.removeprefix('period=')}" for file in existing} | run.former(table)
    return {**dict.fromkeys(sorted(former), 0), **{f"{table}/{period}": count for period, count in sorted(rows.items())}}


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
            "modified_at": None if file.modified is None else datetime.fromtimestamp(file.modified / 1000, UTC),
            "etag": file.etag,
            "header": header_text(file.raws[0].header) if file.raws and not file.raws[0].text else None,
            "rows": run.rows_by_file.get(file.uri, 0),
            "fingerprint": run.fingerprint,
            "partitions": sorted(touched.get(file.uri, ())),
            "status": file.status,
            "reason": file.reason,
            "recorded_at": now,
        }
        for file in run.plan.processed
    ]


def _stage_quarantine(run: Run, commit: Commit) -> dict[str, int]:
    """Rewrites quarantine: rejects of other files stay, those of the processed files are replaced by this run's.

    Returns its rows by partition; nothing if it stays as it is.
    """
    lake, contract = run.lake, load("quarantine")
    fresh = [file.uri for file in run.plan.processed]
    processed_before = run.plan.rebuild or not run.known.isdisjoint(fresh)
    if not processed_before and not (run.lookup_rejects or any(one.rejected for one in run.staged.values())):
        return {}
    columns = [*[column.name for column in contract.data_columns], "period"]
    standing = lake.read("quarantine", source=run.source.name).select(columns)
    rejects = _rejects(run, standing.where("false"), fresh)
    if run.plan.rebuild:
        standing = standing.where("false")
    standing = standing.where(~ledger.raw_file("source_file").isin(fresh))
    # A derived row has no file; its text shows whether it was rejected before.
    derived = rejects.where("source_file = ''").select("table_name", "source_file", "raw_text")
    standing = standing.join(derived, derived.columns, "left_anti").select(columns)
    staged_at = f"{run.staging}/{contract.name}"
    rows = standing.unionByName(rejects).repartition("period")
    rows.sortWithinPartitions("period", "source_file", "line_number").write.partitionBy("period").parquet(staged_at)
    place = f"{lake.location(contract)}/source={run.source.name}"
    files: dict[str, list[StoredFile]] = {}
    for file in lake.storage.files(staged_at, pattern="*.parquet"):
        files.setdefault(f"{place}/{file.folder}", []).append(file)
    existing = lake.storage.files(place, pattern="*.parquet")
    commit.replace(files, existing)
    return _counted(run, contract.name, existing, rows_by_partition(lake, staged_at) if files else {})


def _rejects(run: Run, rejects: DataFrame, fresh: list[str]) -> DataFrame:
    """This run's rejects as quarantine rows, added to an empty frame of the same columns.

    Rejects of files that were only read to rebuild partitions are in quarantine already.
    """
    now = datetime.now(UTC)
    for table, staged in run.staged.items():
        if staged.rejected:
            records = staged_rejects(run.lake, staged, source=run.source.name)
            kinds = [kind.name for kind in run.source.filling(table)]
            for kind in kinds or [DERIVED]:
                mine = records if len(kinds) < 2 else records.where(is_of(kind, "file"))
                rejects = rejects.unionByName(_rows(run, mine, fresh, table=table, kind=kind, now=now))
    for kind, records in run.lookup_rejects.items():
        rejects = rejects.unionByName(_rows(run, records, fresh, table=None, kind=kind, now=now))
    return rejects


def _rows(run: Run, records: DataFrame, fresh: list[str], *, table: str | None, kind: str, now: datetime) -> DataFrame:
    records = records.where(F.col("file").isNull() | F.col("file").isin(fresh))
    places = Places(run.places.get(kind), run.members())
    rows = quarantine_rows(run.lake, records, places, table=table, kind=kind, run_id=run.run_id, now=now)
    return rows.select([column.name for column in load("quarantine").data_columns] + ["period"])
