"""Athena's API on moto's: executions that run, and the calls that moto lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from moto.athena.responses import AthenaResponse

from contracts.errors import LakeError, UsageError
from offline.athena.ddl import parse_statement, plain
from offline.twin.services.athena import prepared
from offline.twin.services.athena.answers import described, results
from offline.twin.services.athena.executions import Execution, Runner
from offline.twin.services.athena.metadata import MetadataCalls
from offline.twin.services.athena.request import Request, page, start_of

QUERY_BYTES = 262_144
PAGE = 1_000
_DDL = ("create_view", "drop_view", "drop_table", "create_database", "drop_database", "prepare", "deallocate")
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
Answer = str | tuple[str, dict[str, int]]


def install(runner: Runner) -> None:
    """Let moto's responses use the runner."""
    calls = Calls(runner)
    for name in dir(calls):
        if not name.startswith("_"):
            setattr(AthenaResponse, name, _method(getattr(calls, name)))


def _method(call: Callable[[Request], Any]) -> Callable[[AthenaResponse], Answer]:
    @wraps(call)
    def method(self: AthenaResponse) -> Answer:
        try:
            return json.dumps(call(Request(self)), default=_seconds)
        except LakeError as error:
            return json.dumps({"__type": "InvalidRequestException", "Message": str(error)}), {"status": 400}

    return method


def _seconds(value: Any) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


class Calls(MetadataCalls):
    """One method for each call; it returns the answer, or raises UsageError for a bad request."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def start_query_execution(self, request: Request) -> dict[str, Any]:
        query = request.get("QueryString") or ""
        if not query.strip() or len(query.encode()) > QUERY_BYTES:
            raise UsageError(f"QueryString must have 1 to {QUERY_BYTES} bytes.")
        workgroup = request.get("WorkGroup") or "primary"
        configuration = _workgroup(request, workgroup)["Configuration"]
        context = request.get("QueryExecutionContext") or {}
        execution = Execution(
            query=query,
            database=plain(context.get("Database") or "") or None,
            workgroup=workgroup,
            location=_location(configuration, request.get("ResultConfiguration") or {}),
            parameters=request.get("ExecutionParameters"),
            cutoff=configuration.get("BytesScannedCutoffPerQuery"),
        )
        execution.statement, execution.substatement = _kind(query)
        reuse = request.get("ResultReuseConfiguration") or {}
        by_age = reuse.get("ResultReuseByAgeConfiguration") or {}
        if by_age.get("Enabled"):
            execution.reuse = reuse
        age = 60 * int(by_age.get("MaxAgeInMinutes", 60)) if by_age.get("Enabled") else None
        return {"QueryExecutionId": self._runner.submit(execution, max_age=age)}

    def get_query_execution(self, request: Request) -> dict[str, Any]:
        return {"QueryExecution": described(self._execution(request))}

    def batch_get_query_execution(self, request: Request) -> dict[str, Any]:
        ids = request.get("QueryExecutionIds")
        known = [self._runner.executions[i] for i in ids if i in self._runner.executions]
        missing = [{"QueryExecutionId": i, "ErrorMessage": f"QueryExecution {i} was not found"} for i in ids]
        return {
            "QueryExecutions": [described(one) for one in known],
            "UnprocessedQueryExecutionIds": [one for one in missing if one["QueryExecutionId"] not in self._runner.executions],
        }

    def list_query_executions(self, request: Request) -> dict[str, Any]:
        workgroup = request.get("WorkGroup") or "primary"
        ids = [one.id for one in reversed(self._runner.executions.values()) if one.workgroup == workgroup]
        return page(request, "QueryExecutionIds", ids, 50)

    def stop_query_execution(self, request: Request) -> dict[str, Any]:
        self._runner.stop(self._execution(request))
        return {}

    def get_query_results(self, request: Request) -> dict[str, Any]:
        execution = self._execution(request)
        if execution.state in ("QUEUED", "RUNNING"):
            raise UsageError(f"Query has not yet finished. Current state: {execution.state}")
        if execution.state != "SUCCEEDED":
            raise UsageError(f"Query did not finish successfully. Final query state: {execution.state}")
        start = start_of(request)
        rows, metadata, total = results(execution, start, int(request.get("MaxResults") or PAGE))
        more = {"NextToken": str(start + len(rows))} if start + len(rows) < total else {}
        return {"UpdateCount": 0, "ResultSet": {"Rows": rows, "ResultSetMetadata": metadata}, **more}

    def get_query_runtime_statistics(self, request: Request) -> dict[str, Any]:
        execution = self._execution(request)
        statistics = described(execution)["Statistics"]
        timeline = {key: value for key, value in statistics.items() if key.endswith("InMillis")}
        rows = {"InputBytes": execution.output.scanned_bytes, "OutputRows": len(execution.output.rows)}
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}

    def list_engine_versions(self, _: Request) -> dict[str, Any]:
        return {"EngineVersions": [ENGINE]}

    def get_work_group(self, request: Request) -> dict[str, Any]:
        return {"WorkGroup": _workgroup(request, request.get("WorkGroup"))}

    def batch_get_named_query(self, request: Request) -> dict[str, Any]:
        ids, known = request.get("NamedQueryIds"), request.athena_backend.named_queries
        found = [
            {
                "NamedQueryId": one.id, "Name": one.name, "Description": one.description, "Database": one.database,
                "QueryString": one.query_string, "WorkGroup": one.workgroup.name,
            }
            for one in (known[i] for i in ids if i in known)
        ]  # fmt: skip
        missing = [{"NamedQueryId": i, "ErrorMessage": f"NamedQuery {i} was not found"} for i in ids if i not in known]
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def delete_named_query(self, request: Request) -> dict[str, Any]:
        request.athena_backend.named_queries.pop(request.get("NamedQueryId"), None)
        return {}

    def create_prepared_statement(self, request: Request) -> dict[str, Any]:
        workgroup, name = _workgroup(request, request.get("WorkGroup"))["Name"], request.get("StatementName")
        if name in prepared.of(workgroup):
            raise UsageError(f"Prepared statement {name} already exists in workgroup {workgroup}.")
        prepared.put(workgroup, name, request.get("QueryStatement"), request.get("Description") or "")
        return {}

    def update_prepared_statement(self, request: Request) -> dict[str, Any]:
        workgroup, name = request.get("WorkGroup"), request.get("StatementName")
        prepared.statement(workgroup, name)
        prepared.put(workgroup, name, request.get("QueryStatement"), request.get("Description") or "")
        return {}

    def get_prepared_statement(self, request: Request) -> dict[str, Any]:
        workgroup, name = request.get("WorkGroup"), request.get("StatementName")
        prepared.statement(workgroup, name)
        one = prepared.of(workgroup)[name]
        return {
            "PreparedStatement": {
                "StatementName": name, "QueryStatement": one.query_statement, "WorkGroupName": workgroup,
                "Description": one.description, "LastModifiedTime": one.last_modified_time,
            }
        }  # fmt: skip

    def list_prepared_statements(self, request: Request) -> dict[str, Any]:
        known = prepared.of(request.get("WorkGroup"))
        entries = [{"StatementName": name, "LastModifiedTime": one.last_modified_time} for name, one in sorted(known.items())]
        return page(request, "PreparedStatements", entries, 50)

    def delete_prepared_statement(self, request: Request) -> dict[str, Any]:
        prepared.delete(request.get("WorkGroup"), request.get("StatementName"))
        return {}

    def _execution(self, request: Request) -> Execution:
        execution = self._runner.executions.get(request.get("QueryExecutionId"))
        if execution is None:
            raise UsageError(f"QueryExecution {request.get('QueryExecutionId')} was not found")
        return execution


def _workgroup(request: Request, name: str) -> dict[str, Any]:
    found = request.athena_backend.get_work_group(name)
    if not found:
        raise UsageError(f"WorkGroup {name} is not found.")
    return dict(found)


def _location(configuration: dict[str, Any], chosen: dict[str, Any]) -> str:
    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    location = own if configuration.get("EnforceWorkGroupConfiguration") and own else chosen.get("OutputLocation") or own
    if not location:
        raise UsageError("No output location provided. Set one in the request, or use a workgroup that has one.")
    return str(location)


def _kind(query: str) -> tuple[str, str]:
    """StatementType and SubstatementType. A statement that does not parse fails when it runs, as in Athena."""
    try:
        kind = parse_statement(query).kind
    except UsageError:
        return "DML", "SELECT"
    if kind in _DDL:
        return "DDL", kind.upper()
    if kind in ("query", "execute"):
        return "DML", "SELECT"
    if kind in ("explain", "describe") or kind.startswith("show_"):
        return "UTILITY", kind.upper()
    return ("DDL", "CREATE_TABLE_AS_SELECT") if kind == "ctas" else ("DML", "UNLOAD")
