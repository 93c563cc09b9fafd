"""Deploys the views through Athena's DDL, in the order in which they read each other.

Athena keeps a view's column types, and calls the view stale when a table below has changed, until the view is created again. So
each view is stamped with a fingerprint of its SQL and of all columns below it. A changed contract changes the fingerprint, and
`deploy` creates all views again that it reaches. Views without a stamp belong to somebody else and stay as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from athena_queries.views import View
from athena_queries.waiting import failure
from contracts import load_all
from contracts.errors import PlatformError

STAMP = "shoplake_fingerprint"
# A statement about a view takes seconds; Athena queues it when many run.
STATEMENT_SECONDS = 300
_KEPT = (
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText",
    "TableType", "Parameters",
)  # fmt: skip
Action = Literal["create", "replace", "drop", "keep"]


@dataclass(frozen=True)
class Change:
    """What deploying does to one view, and why."""

    name: str
    action: Action
    reason: str = ""


@dataclass
class Deployer:
    """Views in one database; `athena` and `glue` are boto3 clients."""

    athena: Any
    glue: Any
    database: str
    workgroup: str
    views: Mapping[str, View]
    _former: dict[str, dict[str, Any]] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        """One change for each view: first those of the repository in their order, then views to drop."""
        self._former = self._deployed()
        planned = [self._change(name, stamp) for name, stamp in fingerprints(self.views).items()]
        gone = [name for name, table in self._former.items() if name not in self.views and STAMP in table.get("Parameters", {})]
        return planned + [Change(name, "drop", "no longer part of the repository") for name in sorted(gone)]

    def _change(self, name: str, stamp: str) -> Change:
        table = self._former.get(name)
        if table is None:
            return Change(name, "create", "not deployed")
        if table.get("Parameters", {}).get(STAMP) == stamp:
            return Change(name, "keep")
        return Change(name, "replace", "its SQL, or a table or view that it reads, has changed")

    def deploy(self, progress: Callable[[Change], None] = lambda _: None) -> list[Change]:
        """Make the database's views those of the repository. On a failure the former definitions come back."""
        changes, stamps, done = self.changes(), fingerprints(self.views), []
        for change in changes:
            if change.action == "keep":
                continue
            done.append(change)
            try:
                self._apply(change, stamps.get(change.name, ""))
            except (PlatformError, BotoCoreError, ClientError) as error:
                left = self._restore(done)
                kept = f" These could not be put back: {', '.join(left)}." if left else ""
                raise PlatformError(
                    f"View {change.name}: {str(error).rstrip('.')}. The former definitions are back.{kept} "
                    "Fix it, then deploy again."
                ) from None
            progress(change)
        return changes

    def _apply(self, change: Change, stamp: str) -> None:
        if change.action == "drop":
            self._run(f"DROP VIEW IF EXISTS {change.name}")
            return
        self._run(f"CREATE OR REPLACE VIEW {change.name} AS\n{self.views[change.name].sql.strip().rstrip(';')}")
        table = self.glue.get_table(DatabaseName=self.database, Name=change.name)["Table"]
        entry = _input(table)
        entry["Parameters"] = entry.get("Parameters", {}) | {STAMP: stamp}
        self.glue.update_table(DatabaseName=self.database, TableInput=entry)

    def _restore(self, done: Sequence[Change]) -> list[str]:
        """Put back what these changes replaced; the names of those that could not be."""
        left = []
        for change in reversed(done):
            try:
                self._put_back(change.name)
            except (BotoCoreError, ClientError):
                left.append(change.name)
        return left

    def _put_back(self, name: str) -> None:
        exists = name in self._deployed()
        if name not in self._former:
            if exists:
                self.glue.delete_table(DatabaseName=self.database, Name=name)
        elif exists:
            self.glue.update_table(DatabaseName=self.database, TableInput=_input(self._former[name]))
        else:
            self.glue.create_table(DatabaseName=self.database, TableInput=_input(self._former[name]))

    def _deployed(self) -> dict[str, dict[str, Any]]:
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        tables = (table for page in pages for table in page["TableList"])
        return {table["Name"]: table for table in tables if table.get("TableType") == "VIRTUAL_VIEW"}

    def _run(self, sql: str) -> None:
        query = self.athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": self.database}, WorkGroup=self.workgroup
        )["QueryExecutionId"]
        if reason := failure(self.athena, query, seconds=STATEMENT_SECONDS):
            raise PlatformError(reason)


def fingerprints(views: Mapping[str, View]) -> dict[str, str]:
    """A hash for each view of its SQL, the columns of the tables that it reads, and the hashes of the views that it reads."""
    contracts = load_all()
    found: dict[str, str] = {}
    for name, view in views.items():
        below = {
            read: found[read] if read in found else [(c.name, c.physical_type) for c in contracts[read].columns]
            for read in sorted(view.reads)
        }
        found[name] = hashlib.sha256(json.dumps([view.sql, below]).encode()).hexdigest()[:32]
    return found


def _input(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: table[key] for key in _KEPT if key in table}
