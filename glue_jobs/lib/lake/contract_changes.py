"""Which contracts changed since a job last wrote their tables, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts import LEDGER_TABLES, load
from glue_jobs.lib.lake.ledger import NewestRun

# The version of every contract before runs recorded versions.
FIRST_VERSION = "1.0.0"


@dataclass(frozen=True)
class Change:
    """One table whose contract has another version than before."""

    table: str
    before: str
    now: str


def contract_changes(newest: Mapping[tuple[str, str], NewestRun], *, job: str, tables: Iterable[str]) -> list[Change]:
    """The changes since the job last wrote each table; none for a table that it never wrote.

    Every run writes the ledger tables, so their version is that of the job's newest run.
    """
    runs = {table: run for (name, table), run in newest.items() if name == job}
    last = max(runs.values(), key=lambda run: run.run_id, default=None)
    changes = []
    for table in tables:
        run = last if table in LEDGER_TABLES else runs.get(table)
        if run is not None:
            changes.append(Change(table, run.versions.get(table, FIRST_VERSION), load(table).version))
    return [change for change in changes if change.before != change.now]


def sentence(changes: Iterable[Change], *, consequence: str) -> str:
    """Such as: The contract of etl_runs changed from 1.0.0 to 2.0.0; rebuilding everything from raw."""
    changes = list(changes)
    if not changes:
        return f"The source folder or a contract changed; {consequence}."
    if len(changes) == 1:
        (only,) = changes
        return f"The contract of {only.table} changed from {only.before} to {only.now}; {consequence}."
    named = ", ".join(f"{change.table} ({change.before} to {change.now})" for change in changes)
    return f"The contracts of {named} changed; {consequence}."
