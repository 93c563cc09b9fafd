"""Prepared statements, by workgroup and name."""

from __future__ import annotations

from datetime import UTC, datetime

from moto.athena.models import PreparedStatement, athena_backends

from contracts.errors import UsageError
from offline.twin.endpoint import ACCOUNT, REGION

LIMIT = 1000


def of(workgroup: str) -> dict[str, PreparedStatement]:
    """The prepared statements of a workgroup."""
    every = athena_backends[ACCOUNT][REGION].prepared_statements
    return {name.partition("/")[2]: one for name, one in every.items() if name.startswith(f"{workgroup}/")}


def statement(workgroup: str, name: str) -> str:
    found = of(workgroup).get(name)
    if found is None:
        raise UsageError(f"PreparedStatement {name} was not found in workgroup {workgroup}; PREPARE it first.")
    return str(found.query_statement)


def put(workgroup: str, name: str, sql: str, description: str = "") -> None:
    if name not in of(workgroup) and len(of(workgroup)) >= LIMIT:
        raise UsageError(f"Workgroup {workgroup} has {LIMIT} prepared statements, the most that Athena keeps; delete one.")
    entry = PreparedStatement(name, workgroup, sql, description)
    entry.last_modified_time = datetime.now(UTC)
    athena_backends[ACCOUNT][REGION].prepared_statements[f"{workgroup}/{name}"] = entry


def delete(workgroup: str, name: str) -> None:
    statement(workgroup, name)
    del athena_backends[ACCOUNT][REGION].prepared_statements[f"{workgroup}/{name}"]
