"""Executions and their results in the shapes of Athena's API."""

from __future__ import annotations

import re
from typing import Any

from offline.twin.services.athena.executions import FINAL, Execution, manifest_address

_PRECISIONS = {
    "boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "varchar": 2147483647,
    "date": 0, "timestamp": 3, "timestamp with time zone": 3,
}  # fmt: skip


def described(execution: Execution) -> dict[str, Any]:
    """QueryExecution: state, statistics and where the result is."""
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    if execution.reason:
        status |= {
            "StateChangeReason": execution.reason,
            "AthenaError": {"ErrorCategory": 2, "ErrorType": 1, "Retryable": False, "ErrorMessage": execution.reason},
        }
    answer = {
        "QueryExecutionId": execution.id,
        "Query": execution.query,
        "StatementType": execution.statement,
        "SubstatementType": execution.substatement,
        "ResultConfiguration": {"OutputLocation": execution.address},
        "ResultReuseConfiguration": execution.reuse,
        "QueryExecutionContext": {"Catalog": "awsdatacatalog"} | ({"Database": execution.database} if execution.database else {}),
        "Status": status,
        "Statistics": _statistics(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }
    return answer | ({"ExecutionParameters": execution.parameters} if execution.parameters else {})


def _statistics(execution: Execution) -> dict[str, Any]:
    end = execution.completed or execution.submitted
    began = execution.started or end
    answer: dict[str, Any] = {
        "EngineExecutionTimeInMillis": max(0, round(1000 * (end - began))),
        "DataScannedInBytes": execution.output.scanned_bytes,
        "TotalExecutionTimeInMillis": max(0, round(1000 * (end - execution.submitted))),
        "QueryQueueTimeInMillis": max(0, round(1000 * (began - execution.submitted))),
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": execution.reused_from is not None},
    }
    if execution.state in FINAL and execution.output.manifest is not None:
        answer["DataManifestLocation"] = manifest_address(execution)
    return answer


def results(execution: Execution, start: int, size: int) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """A page of rows, the columns, and how many rows there are; for a query the first row has the names."""
    output = execution.output
    names: list[tuple[str | None, ...]] = [tuple(name for name, _ in output.columns)] if output.is_query else []
    rows = [*names, *output.rows]
    page = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows[start : start + size]]
    return page, {"ColumnInfo": [_column(name, kind) for name, kind in output.columns]}, len(rows)


def _column(name: str, kind: str) -> dict[str, Any]:
    base = re.sub(r"\(.*", "", kind).replace("real", "float") if not kind.startswith("timestamp") else kind
    base = re.sub(r"\(\d+\)", "", base)
    numbers = [int(n) for n in re.findall(r"\d+", kind)] if base == "decimal" else [_PRECISIONS.get(base, 0), 0]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": base,
        "Precision": numbers[0],
        "Scale": numbers[1],
        "Nullable": "UNKNOWN",
        "CaseSensitive": base == "varchar",
    }
