"""A curated table put in its place: staged beside it, held to its contract, committed, and accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from contracts import Contract
from contracts.derive.spark import struct_type
from contracts.errors import ContractError
from glue_jobs.lib.conform import checks
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit, Committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.storage import StoredFile


@dataclass(frozen=True)
class BuildResult:
    """What one run built for one source; empty when nothing had changed."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableWriter:
    """Where one table of one source is made; `made_by` names the file to mend when its rows break the contract."""

    lake: Lake
    source: str
    contract: Contract
    made_by: str

    def stage(self, frame: DataFrame, location: str) -> int:
        """Writes the table beside its place and holds it to its contract; the number of rows.

        LakeError when the columns are others than promised, when a row breaks a rule, or when two rows have one key.
        """
        contract = self.contract
        by = ["source", "period"] if "period" in contract.partition_columns else ["source"]
        order = [name for name in (contract.time_column, *contract.key) if name and name not in by]
        seen = Observation()
        counted = self._promised(frame).observe(seen, *checks.counts(contract))
        # Adaptive execution then makes one file of a small partition and several of a large one.
        rebalance = f"select /*+ rebalance({', '.join(by)}) */ * from _built"
        spread = self.lake.select(rebalance, {"_built": counted}, where=contract.name)
        spread.sortWithinPartitions(*by, *dict.fromkeys(order)).write.partitionBy(*by).parquet(location)
        broken = [name for name, rows in seen.get.items() if name != checks.ROWS and rows]
        if broken:
            raise ContractError(
                f"{self.source}.{contract.name}: rows break {', '.join(broken)}; mend {self.made_by} or its contract."
            )
        self._hold_grain(location, by)
        return int(seen.get[checks.ROWS])

    def replace(self, commit: Commit, location: str, *, periods: Sequence[str] | None = None, stem: str = "part") -> list[str]:
        """Adds to a commit that what was staged takes the place of the table's files of this stem, in all periods or in these.

        Gives the partitions that are written, as table/partition.
        """
        place = self.lake.location(self.contract)
        staged: dict[str, list[StoredFile]] = {}
        for file in self.lake.storage.files(location, pattern="*.parquet"):
            staged.setdefault(place + file.uri.removeprefix(location).rsplit("/", 1)[0], []).append(file)
        existing = self.lake.storage.files(f"{place}/source={self.source}", pattern=f"{stem}-*.parquet", periods=periods)
        commit.replace(staged, existing, stem=stem)
        return [f"{self.contract.name}/{folder.rsplit('=', 1)[1]}" for folder in sorted(staged)]

    def _promised(self, frame: DataFrame) -> DataFrame:
        found, promised = frame.columns, list(self.contract.names)
        if found != promised:
            raise ContractError(
                f"{self.made_by}: selects {', '.join(found)}; its contract promises {', '.join(promised)}, in this order."
            )
        return frame.select([F.col(column.name).cast(column.physical_type) for column in self.contract.columns])

    def _hold_grain(self, location: str, by: Sequence[str]) -> None:
        contract = self.contract
        key = [*by, *[name for name in contract.key if name not in by]]
        if len(key) == len(by):
            return
        staged = self.lake.spark.read.schema(struct_type(contract, partitions=True)).parquet(location)
        twice = staged.groupBy(key).count().where("count > 1").first()
        if twice:
            found = ", ".join(f"{name}={twice[name]}" for name in key)
            raise ContractError(
                f"{self.source}.{contract.name}: {twice['count']} rows for {found}; its grain is: {contract.grain}"
            )


def record(lake: Lake, built: BuildResult, *, job: str, started: datetime, fingerprints: Mapping[str, str]) -> None:
    """Adds a run's accounts to `etl_runs`; `fingerprints` by table."""
    finished = datetime.now(UTC)
    rows = [
        account.row(
            job=job,
            run_id=built.run_id,
            fingerprint=fingerprints[account.table],
            started=started,
            finished=finished,
        )
        for account in built.accounts
    ]
    commit, committer = Commit(built.run_id), Committer(lake.storage, lake.processed)
    ledger.record(lake, commit, "etl_runs", rows, source=built.source, staging=committer.staging(built.run_id))
    committer.commit(commit)
