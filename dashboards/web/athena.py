"""Athena on AWS as a reader: the same queries, with the workgroup's limits and the caller's credentials."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from athena_queries.parameters import fill
from athena_queries.result import Result
from athena_queries.waiting import failure
from contracts.errors import PlatformError, UsageError
from dashboards.web.queries import MAX_ROWS

PATIENCE_SECONDS = 120.0
# Queries of a page that run side by side.
PARALLEL = 8
# A text that ran within this time is not run, and not billed, again.
REUSE_MINUTES = 5
_CONVERT: Mapping[str, Callable[[str], Any]] = {
    "tinyint": int, "smallint": int, "integer": int, "bigint": int, "real": float, "float": float, "double": float,
    "decimal": Decimal, "boolean": lambda text: text == "true", "date": date.fromisoformat, "timestamp": datetime.fromisoformat,
}  # fmt: skip


class AthenaReader:
    """Runs queries in one workgroup; table names without a database are those of `database`.

    `patience` returns the seconds that the next query may take.
    """

    def __init__(
        self,
        client: Any,
        *,
        workgroup: str,
        database: str,
        patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._workgroup, self._database, self._patience, self._sleep = client, workgroup, database, patience, sleep

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        """The rows of a SELECT. UsageError if Athena refuses it; PlatformError if it cannot be asked."""
        try:
            execution = self._start(fill(sql, parameters) if parameters else sql)
            self._wait(execution)
            return self._result(execution)
        except (ClientError, BotoCoreError) as error:
            raise PlatformError(f"Athena cannot be asked: {error} Check credentials, region, workgroup and database.") from None

    def close(self) -> None:
        self._client.close()

    def _start(self, text: str) -> str:
        started = self._client.start_query_execution(
            QueryString=text,
            WorkGroup=self._workgroup,
            QueryExecutionContext={"Database": self._database, "Catalog": "AwsDataCatalog"},
            ResultReuseConfiguration={"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": REUSE_MINUTES}},
        )
        return str(started["QueryExecutionId"])

    def _wait(self, execution: str) -> None:
        try:
            reason = failure(self._client, execution, seconds=self._patience(), sleep=self._sleep)
        except PlatformError as error:
            raise PlatformError(f"{error}; choose a shorter period.") from None
        if reason:
            raise UsageError(f"Athena: {reason}")

    def _result(self, execution: str) -> Result:
        columns: list[tuple[str, str]] = []
        rows: list[tuple[Any, ...]] = []
        for number, page in enumerate(self._pages(execution)):
            if not number:
                columns = [_column(info) for info in page["ResultSetMetadata"]["ColumnInfo"]]
            texts = page["Rows"][1:] if not number else page["Rows"]  # the first row of the first page has the names
            rows += [_row(row["Data"], columns) for row in texts]
        return Result(columns, rows)

    def _pages(self, execution: str) -> Iterator[dict[str, Any]]:
        """Pages of results, no more than what a page of the dashboard may hold."""
        token: dict[str, str] = {}
        held = 0
        while held <= MAX_ROWS + 1:
            answer = self._client.get_query_results(QueryExecutionId=execution, MaxResults=1000, **token)
            yield answer["ResultSet"]
            held += len(answer["ResultSet"]["Rows"])
            if "NextToken" not in answer:
                return
            token = {"NextToken": answer["NextToken"]}


def _column(info: Mapping[str, Any]) -> tuple[str, str]:
    kind = info["Type"]
    return info["Name"], f"decimal({info['Precision']},{info['Scale']})" if kind == "decimal" else kind


def _row(values: Sequence[Mapping[str, str]], columns: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
    return tuple(
        None if (text := value.get("VarCharValue")) is None else _CONVERT.get(kind.partition("(")[0], str)(text)
        for value, (_, kind) in zip(values, columns, strict=True)
    )
