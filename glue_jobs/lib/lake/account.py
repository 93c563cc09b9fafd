"""The row counts of one table in one run, and the check that they add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyspark

from contracts import LEDGER_TABLES, load
from contracts.errors import UnaccountedError


@dataclass(frozen=True)
class TableAccount:
    """Row counts of one table, or of the raw records of one file kind, in one run; see the contract of `etl_runs`."""

    table: str
    read: int
    processed: int
    quarantined: int = 0
    deduplicated: int = 0
    filtered_by_rule: Mapping[str, int] = field(default_factory=dict)
    quarantined_by_rule: Mapping[str, int] = field(default_factory=dict)
    warnings_by_rule: Mapping[str, int] = field(default_factory=dict)
    control_totals: Mapping[str, Decimal] = field(default_factory=dict)
    partitions: Sequence[str] = ()
    rows_by_partition: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def filtered(self) -> int:
        return sum(self.filtered_by_rule.values())

    def _versions(self) -> dict[str, str]:
        """Of Spark and, by table, of the contracts of this table and of the ledger; raw_… and (run) are no tables."""
        tables = LEDGER_TABLES if self.table.startswith(("raw_", "(")) else (*LEDGER_TABLES, self.table)
        return {"spark": pyspark.__version__, **{table: load(table).version for table in tables}}

    def row(
        self,
        *,
        job: str,
        run_id: str,
        fingerprint: str,
        started: datetime,
        finished: datetime,
        reason: str | None = None,
        follows: str | None = None,
    ) -> dict[str, Any]:
        """The account as a row of `etl_runs`, without partition columns; `reason` marks a failed run.

        `follows` is the newest run of conform that the run took into account.
        """
        return {
            "run_id": run_id,
            "job": job,
            "table_name": self.table,
            "rows_read": self.read,
            "rows_processed": self.processed,
            "rows_quarantined": self.quarantined,
            "rows_deduplicated": self.deduplicated,
            "rows_filtered": self.filtered,
            "quarantined_by_rule": dict(self.quarantined_by_rule),
            "filtered_by_rule": dict(self.filtered_by_rule),
            "control_totals": {name: Decimal(total) for name, total in self.control_totals.items()},
            "warnings_by_rule": dict(self.warnings_by_rule),
            "partitions": list(self.partitions),
            "rows_by_partition": dict(self.rows_by_partition),
            "seconds": round(self.seconds, 3),
            "fingerprint": fingerprint,
            "versions": {**self._versions(), **({"conform": follows} if follows else {})},
            "status": "failed" if reason else "succeeded",
            "reason": reason,
            "started_at": started,
            "finished_at": finished,
        }


def reconcile(account: TableAccount, *, source: str) -> TableAccount:
    """The account, if read = processed + quarantined + deduplicated + filtered; else UnaccountedError."""
    total = account.processed + account.quarantined + account.deduplicated + account.filtered
    if account.read == total:
        return account
    raise UnaccountedError(
        f"{source}.{account.table}: {account.read} rows were read but {total} are accounted for ({account.processed} processed, "
        f"{account.quarantined} quarantined, {account.deduplicated} deduplicated, {account.filtered} filtered); nothing was "
        f"committed. If the SELECT drops or multiplies records, declare it under leave_out in {source}/source.yaml or fix it."
    )
