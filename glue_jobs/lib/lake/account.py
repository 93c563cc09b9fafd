"""A run's account of one table, and the sum that must come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyspark

from contracts.errors import LakeError


class UnaccountedError(LakeError):
    """Rows were read of which nobody can say what became of them; a run that raises it has committed nothing."""


@dataclass(frozen=True)
class TableAccount:
    """Rows of one table (or of one kind of raw records) in one run; see the contract of `etl_runs`."""

    table: str
    read: int
    processed: int
    quarantined: int = 0
    duplicates: int = 0
    filtered_by_rule: Mapping[str, int] = field(default_factory=dict)
    quarantined_by_rule: Mapping[str, int] = field(default_factory=dict)
    warnings_by_rule: Mapping[str, int] = field(default_factory=dict)
    control_totals: Mapping[str, Decimal] = field(default_factory=dict)
    partitions: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def left_out(self) -> int:
        return sum(self.filtered_by_rule.values())

    def row(
        self,
        *,
        job: str,
        run_id: str,
        fingerprint: str,
        started: datetime,
        finished: datetime,
        reason: str | None = None,
    ) -> dict[str, Any]:
        """The account as a row of `etl_runs`, without its partition columns; with a `reason`, that of a run which failed."""
        return {
            "run_id": run_id,
            "job": job,
            "table_name": self.table,
            "rows_read": self.read,
            "rows_processed": self.processed,
            "rows_quarantined": self.quarantined,
            "rows_deduplicated": self.duplicates,
            "rows_filtered": self.left_out,
            "quarantined_by_rule": dict(self.quarantined_by_rule),
            "filtered_by_rule": dict(self.filtered_by_rule),
            "control_totals": {name: Decimal(total) for name, total in self.control_totals.items()},
            "warnings_by_rule": dict(self.warnings_by_rule),
            "partitions": list(self.partitions),
            "seconds": round(self.seconds, 3),
            "fingerprint": fingerprint,
            "versions": {"spark": pyspark.__version__},
            "status": "failed" if reason else "succeeded",
            "reason": reason,
            "started_at": started,
            "finished_at": finished,
        }


def add_up(account: TableAccount, *, source: str) -> TableAccount:
    """The account itself, if read = processed + quarantined + duplicates + left out; else UnaccountedError."""
    told = account.processed + account.quarantined + account.duplicates + account.left_out
    if account.read == told:
        return account
    raise UnaccountedError(
        f"{source}.{account.table}: {account.read} rows were read but {told} accounted for ({account.processed} processed, "
        f"{account.quarantined} quarantined, {account.duplicates} duplicates, {account.left_out} left out); nothing was "
        f"committed. If the SELECT drops or multiplies records, state it under leave_out in {source}/source.yaml or mend it."
    )
