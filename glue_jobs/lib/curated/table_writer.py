"""Writes a curated table: stages it, checks it against its contract, commits it and records its row counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from contracts import Contract
from contracts.derive.spark import struct_type
from contracts.errors import ContractError
from contracts.zones import Zone
from glue_jobs.lib.conform import checks
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake, rows_by_partition
from glue_jobs.lib.lake.listing import StoredFile

# One task groups so many rows sooner than Spark plans an exchange between several.
FEW = 10_000


@dataclass(frozen=True)
class BuildResult:
    """What one run built for one source; `accounts` is empty if nothing changed. `figures` become metrics of the run."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TableWriter:
    """One table of one source; `made_by` names the file to fix if its rows break the contract."""

    lake: Lake
    source: str
    contract: Contract
    made_by: str

    def stage(self, frame: DataFrame, location: str) -> int:
        """Stages the table and checks it against its contract; returns the number of rows.

        LakeError if the columns differ from the contract, a row breaks a rule, or two rows share a key.
        """
        contract = self.contract
        by = ["source", "period"] if "period" in contract.partition_columns else ["source"]
        order = [name for name in (contract.time_column, *contract.key) if name and name not in by]
        seen = Observation()
        counted = self._with_contract_columns(frame).observe(seen, *checks.counts(contract))
        # With this hint adaptive execution writes one file for a small partition and several for a large one.
        spread = _rebalanced(counted, by)
        # Curated tables are written once and read often; zstd makes them a third smaller than snappy, which conform writes.
        ordered = spread.sortWithinPartitions(*by, *dict.fromkeys(order))
        ordered.write.partitionBy(*by).option("compression", "zstd").parquet(location)
        broken = [name for name, rows in seen.get.items() if name != checks.ROWS and rows]
        if broken:
            raise ContractError(
                f"{self.source}.{contract.name}: rows break {', '.join(broken)}; fix {self.made_by} or its contract."
            )
        rows = int(seen.get[checks.ROWS])
        self._check_grain(location, by, rows)
        return rows

    def replace(
        self, commit: Commit, location: str, *, periods: Sequence[str] | None = None, stem: str = "part"
    ) -> dict[str, int]:
        """Adds to a commit that the staged files replace the table's files with this stem, in all periods or only in `periods`.

        Returns the rows by table/partition, with 0 for those that are deleted.
        """
        place = self.lake.location(self.contract)
        staged: dict[str, list[StoredFile]] = {}
        for file in self.lake.storage.files(location, pattern="*.parquet"):
            staged.setdefault(place + file.uri.removeprefix(location).rsplit("/", 1)[0], []).append(file)
        existing = self.lake.storage.files(f"{place}/source={self.source}", pattern=f"{stem}-*.parquet", periods=periods)
        commit.replace(staged, existing, stem=stem)
        emptied = {file.folder.rpartition("=")[2]: 0 for file in existing}
        counts = emptied | rows_by_partition(self.lake, location, by=self.contract.partition_columns[-1])
        return {f"{self.contract.name}/{name}": rows for name, rows in sorted(counts.items())}

    def _with_contract_columns(self, frame: DataFrame) -> DataFrame:
        actual, expected = frame.columns, list(self.contract.names)
        if actual != expected:
            raise ContractError(
                f"{self.made_by}: selects {', '.join(actual)}; its contract has {', '.join(expected)}, in this order."
            )
        types = [field.dataType for field in struct_type(self.contract, partitions=True)]
        if [field.dataType for field in frame.schema] == types:
            return frame
        return frame.select([F.col(column.name).cast(column.physical_type) for column in self.contract.columns])

    def _check_grain(self, location: str, by: Sequence[str], rows: int) -> None:
        contract = self.contract
        key = [*by, *[name for name in contract.key if name not in by]]
        if len(key) == len(by):
            return
        staged = self.lake.spark.read.schema(struct_type(contract, partitions=True)).parquet(location)
        staged = staged.coalesce(1) if rows <= FEW else staged
        twice = staged.groupBy(key).count().where("count > 1").first()
        if twice:
            values = ", ".join(f"{name}={twice[name]}" for name in key)
            raise ContractError(
                f"{self.source}.{contract.name}: {twice['count']} rows for {values}; its grain is: {contract.grain}"
            )


def _rebalanced(frame: DataFrame, by: Sequence[str]) -> DataFrame:
    """The frame with the hint REBALANCE; PySpark's own `hint` takes no columns."""
    columns = frame._jseq([F.col(name)._jc.expr() for name in by])  # noqa: SLF001 - see above
    return DataFrame(frame._jdf.hint("rebalance", columns), frame.sparkSession)  # noqa: SLF001 - as above


def written(table: str, rows: int, counts: Mapping[str, int], *, seconds: float) -> TableAccount:
    """The account of a table with these rows, in all and by partition."""
    partitions = [partition for partition, count in counts.items() if count]
    return TableAccount(table, rows, rows, partitions=partitions, rows_by_partition=counts, seconds=seconds)


def without(lost: Set[str], table: str) -> dict[str, int]:
    """Counts of a table's lost partitions, for those that are not written again."""
    return {partition: 0 for partition in sorted(lost) if partition.partition("/")[0] == table}


def record(
    lake: Lake,
    built: BuildResult,
    *,
    job: str,
    started: datetime,
    fingerprints: Mapping[str, str],
    follows: str | None = None,
) -> None:
    """Adds the row counts of a run to `etl_runs`; `fingerprints` are by table, `follows` as in `TableAccount.row`."""
    finished = datetime.now(UTC)
    rows = [
        account.row(
            job=job,
            run_id=built.run_id,
            fingerprint=fingerprints[account.table],
            started=started,
            finished=finished,
            follows=follows,
        )
        for account in built.accounts
    ]
    commit, commits = Commit(built.run_id), committer(lake, Zone.PROCESSED, job=job)
    ledger.record(lake, commit, "etl_runs", rows, source=built.source, staging=commits.staging(built.run_id))
    commits.commit(commit)
