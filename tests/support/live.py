"""A live table in moto, Kinesis invocations by hand, and a table that fails on purpose."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from lambdas.common.table import Table
from lambdas.live.alerts import Alerts
from lambdas.live.batch import Batch
from lambdas.live.consumer import Consumer
from lambdas.live.fold import Rules
from lambdas.live.stream import Streams
from tests.support.lazy import lazy

mock_aws = lazy("moto", "mock_aws")

ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/shoplake-test-events"
SHARD = "shardId-000000000000"
TEN = datetime(2026, 11, 26, 10, tzinfo=UTC)
REGION = "eu-central-1"
NUMBERS = itertools.count()


@contextmanager
def dynamodb_in_moto(monkeypatch: Any) -> Iterator[Any]:
    """A DynamoDB client of moto in this process."""
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("dynamodb", region_name=REGION)


def create_table(dynamodb: Any) -> Table:
    """An empty table of a name that no other has."""
    name = f"table-{next(NUMBERS)}"
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return Table(name, dynamodb)


class Kinesis:
    """Answers what the live function asks of Kinesis. `created` changes when the stream is made again."""

    def __init__(self, *, created: datetime = TEN, shards: Sequence[Mapping[str, str]] = ()) -> None:
        self.created, self.shards, self.asked = created, shards, 0

    def describe_stream_summary(self, *, StreamARN: str) -> dict[str, Any]:  # noqa: N803, ARG002 - boto3 calls it so
        self.asked += 1
        return {"StreamDescriptionSummary": {"StreamCreationTimestamp": self.created}}

    def get_paginator(self, _: str) -> Kinesis:
        return self

    def paginate(self, *, StreamARN: str) -> list[dict[str, Any]]:  # noqa: N803, ARG002 - boto3 calls it so
        return [{"Shards": list(self.shards)}]


class Topic:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def publish(self, *, Message: str, **_: str) -> None:  # noqa: N803 - boto3 calls it so
        self.messages.append(Message)


def live(table: Table, kinesis: Kinesis | None = None, topic: Topic | None = None, **rules: int) -> Batch:
    """The live function as one process has it; another call is another process."""
    settings = {"window": 10, "lateness": 300, "deduplication": 600, **rules}
    consumer = Consumer(table, Rules(window=settings["window"], lateness=settings["lateness"]), settings["deduplication"])
    return Batch(consumer, Streams(kinesis or Kinesis()), Alerts(table, topic or Topic(), "arn:topic"))


def line(number: int | str, kind: str = "view", *, at: float = 0, received: float | None = None, **fields: Any) -> dict[str, Any]:
    """An event `at` seconds after ten o'clock."""
    event = {"event_id": f"e{number}", "event_type": kind, "event_time": instant(at), "contract_version": "1.0", "key": "server"}
    return event | {"received_at": instant(at if received is None else received), "flags": []} | fields


def instant(seconds: float) -> str:
    return (TEN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(
    sequence: int, *events: Mapping[str, Any], data: bytes | None = None, shard: str = SHARD, arrival: float = 0
) -> dict[str, Any]:
    """A record of an invocation, arrived `arrival` seconds after ten o'clock."""
    content = "".join(json.dumps(event) + "\n" for event in events).encode() if data is None else data
    kinesis = {
        "sequenceNumber": str(sequence),
        "data": b64encode(content).decode(),
        "approximateArrivalTimestamp": TEN.timestamp() + arrival,
        "partitionKey": "p",
    }
    return {"eventSourceARN": ARN, "eventID": f"{shard}:{sequence}", "eventSource": "aws:kinesis", "kinesis": kinesis}


def invocation(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


class KilledError(BaseException):
    """The process ends here; nothing that catches errors catches it."""


class Faulty:
    """A DynamoDB client that calls `fault(operation, number of the call)` before and after each call."""

    def __init__(
        self, dynamodb: Any, *, before: Callable[[str], None] = lambda _: None, after: Callable[[str], None] = lambda _: None
    ) -> None:
        self._dynamodb, self._before, self._after = dynamodb, before, after

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self._before(operation)
            answer = getattr(self._dynamodb, operation)(**arguments)
            self._after(operation)
            return answer

        return call
