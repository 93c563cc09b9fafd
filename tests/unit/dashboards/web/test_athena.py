"""Athena as a reader: what is asked, how rows become values, and what its failures say."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from contracts.errors import PlatformError, UsageError
from dashboards.web.athena import PATIENCE_SECONDS, AthenaReader
from dashboards.web.data import Data
from offline.cli.app import app

INFO = [
    ("day", "date", 0, 0), ("orders", "bigint", 19, 0), ("net", "decimal", 38, 4), ("rate", "double", 17, 0),
    ("partial", "boolean", 0, 0), ("at", "timestamp", 3, 0), ("name", "varchar", 0, 0),
]  # fmt: skip


def results(*rows: list[str | None], token: str | None = None, header: bool = True) -> dict[str, Any]:
    names = [[name for name, *_ in INFO]] if header else []
    data = [{"Data": [{} if text is None else {"VarCharValue": text} for text in row]} for row in [*names, *rows]]
    info = [{"Name": name, "Type": kind, "Precision": precision, "Scale": scale} for name, kind, precision, scale in INFO]
    answer: dict[str, Any] = {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": info}}}
    return answer | ({"NextToken": token} if token else {})


def status(state: str, reason: str = "") -> dict[str, Any]:
    return {"QueryExecution": {"Status": {"State": state, **({"StateChangeReason": reason} if reason else {})}}}


@pytest.fixture
def asked() -> tuple[AthenaReader, Stubber, list[float]]:
    client = boto3.client("athena", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub, slept = Stubber(client), list[float]()
    stub.activate()
    return AthenaReader(client, workgroup="bi", database="lake_curated", sleep=slept.append), stub, slept


def test_a_query_is_filled_run_in_its_workgroup_and_its_pages_become_typed_rows(asked: tuple) -> None:
    reader, stub, slept = asked
    request = {
        "QueryString": "select day from sales where source = 'bob''s' and day >= date '2025-03-01'",
        "WorkGroup": "bi",
        "QueryExecutionContext": {"Database": "lake_curated", "Catalog": "AwsDataCatalog"},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}},
    }
    stub.add_response("start_query_execution", {"QueryExecutionId": "q1"}, request)
    stub.add_response("get_query_execution", status("RUNNING"), {"QueryExecutionId": "q1"})
    stub.add_response("get_query_execution", status("SUCCEEDED"), {"QueryExecutionId": "q1"})
    first = ["2025-03-01", "3", "15.0000", "0.5", "true", "2025-03-01 12:30:00.000", "it's"]
    stub.add_response("get_query_results", results(first, token="t"), {"QueryExecutionId": "q1", "MaxResults": 1000})
    last: list[str | None] = [None] * len(INFO)
    more = {"QueryExecutionId": "q1", "MaxResults": 1000, "NextToken": "t"}
    stub.add_response("get_query_results", results(last, header=False), more)

    result = reader.query("select day from sales where source = ? and day >= ?", ["bob's", date(2025, 3, 1)])

    assert result.rows == [
        (date(2025, 3, 1), 3, Decimal("15.0000"), 0.5, True, datetime(2025, 3, 1, 12, 30), "it's"),
        (None,) * len(INFO),
    ]
    assert dict(result.columns)["net"] == "decimal(38,4)"
    assert slept == [0.2]
    stub.assert_no_pending_responses()


def test_a_refused_query_says_why(asked: tuple) -> None:
    reader, stub, _ = asked
    stub.add_response("start_query_execution", {"QueryExecutionId": "q1"})
    stub.add_response("get_query_execution", status("FAILED", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved"))
    with pytest.raises(UsageError, match=r"^Athena: COLUMN_NOT_FOUND: line 1:8"):
        reader.query("select x from sales")


def test_a_missing_right_names_what_to_check(asked: tuple) -> None:
    reader, stub, _ = asked
    stub.add_client_error(
        "start_query_execution", "AccessDeniedException", "not authorized to perform: athena:StartQueryExecution"
    )
    with pytest.raises(PlatformError, match=r"not authorized.*Check credentials, region, workgroup and database\.$"):
        reader.query("select 1")


def test_a_query_that_takes_too_long_is_stopped(asked: tuple) -> None:
    reader, stub, slept = asked
    stub.add_response("start_query_execution", {"QueryExecutionId": "q1"})
    polls = int(PATIENCE_SECONDS) * 5 + 1
    for _ in range(polls):
        stub.add_response("get_query_execution", status("RUNNING"))
    stub.add_response("stop_query_execution", {}, {"QueryExecutionId": "q1"})
    with pytest.raises(PlatformError, match=r"Athena took more than 120 s"):
        reader.query("select 1")
    assert sum(slept) == pytest.approx(PATIENCE_SECONDS, abs=0.3)
    stub.assert_no_pending_responses()


def test_reports_are_asked_in_the_databases_of_their_zones() -> None:
    class Recorder:
        sql = ""

        def query(self, sql: str, _: object = ()) -> Any:
            self.sql = sql
            raise UsageError("recorded")

        def close(self) -> None:
            pass

    recorder = Recorder()
    data = Data(recorder, databases={"processed": "lake_processed", "curated": "lake_curated"})
    with pytest.raises(UsageError, match="recorded"):
        data.answer("report:quarantine_by_rule", source="tiny")
    assert "from lake_processed.quarantine" in recorder.sql


def test_workgroup_and_databases_go_together() -> None:
    run = CliRunner().invoke(app, ["dashboard", "--workgroup", "bi"])
    assert run.exit_code != 0
    assert "--workgroup and --databases go together" in " ".join(run.output.split())
