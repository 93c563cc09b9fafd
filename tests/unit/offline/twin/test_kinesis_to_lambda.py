"""A local stack with a stream, a function and an event source mapping: over sockets, over `down` and `up`, and over kill -9."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline.twin import client
from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES

CODE = """
import base64, json, os
import boto3

def handle(event, context):
    if "Records" not in event:
        if event.get("fail"):
            raise ValueError("as asked")
        return {"hello": event.get("name")}
    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"]).decode()
        if data == "poison":
            raise ValueError("poison")
        boto3.client("dynamodb").update_item(
            TableName=os.environ["TABLE"], Key={"id": {"S": data}},
            UpdateExpression="ADD seen :one", ExpressionAttributeValues={":one": {"N": "1"}},
        )
"""
ROLE = "arn:aws:iam::123456789012:role/live"
TEMPLATE: dict[str, Any] = {
    "Resources": ZONES["Resources"]
    | {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "events", "ShardCount": 2}},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "live",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "live",
                "Handler": "index.handle",
                "Runtime": "python3.13",
                "Timeout": 20,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": CODE},
                "Environment": {"Variables": {"TABLE": {"Ref": "Table"}}},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 10,
                "MaximumRetryAttempts": 0,
                "BisectBatchOnFunctionError": True,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Raw", "Arn"]}}},
            },
        },
    },
    "Outputs": ZONES["Outputs"],
}


def until(condition: Callable[[], Any], *, seconds: float = 30.0, every: float = 0.05) -> Any:
    """The condition's value as soon as it is true; `every` is longer where asking slows down what is awaited."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(every)
    return value


def counts(twin: Twin) -> dict[str, int]:
    items = twin.client("dynamodb").scan(TableName="live")["Items"]
    return {item["id"]["S"]: int(item["seen"]["N"]) for item in items if "seen" in item}


def put(twin: Twin, *texts: str) -> list[dict[str, Any]]:
    records = [{"Data": text.encode(), "PartitionKey": text} for text in texts]
    written: list[dict[str, Any]] = twin.client("kinesis").put_records(StreamName="events", Records=records)["Records"]
    return written


def read(twin: Twin, stream: str = "events") -> dict[str, list[tuple[str, bytes]]]:
    """All records of a stream by shard, each with its sequence number."""
    kinesis = twin.client("kinesis")
    records = {}
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        page = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        records[shard["ShardId"]] = [(record["SequenceNumber"], record["Data"]) for record in page]
    return records


def created(twin: Twin) -> Any:
    summary = twin.client("kinesis").describe_stream_summary(StreamName="events")
    return summary["StreamDescriptionSummary"]["StreamCreationTimestamp"]


def kill(twin: Twin) -> None:
    assert twin.record.pid
    os.kill(twin.record.pid, signal.SIGKILL)


@pytest.mark.full
def test_records_reach_the_function_once_over_down_and_kill(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    # GIVEN a stack that has delivered records, and one that the function cannot take
    twin = serve(tmp_path, TEMPLATE)
    since, numbers = created(twin), put(twin, "a", "b", "c")
    until(lambda: counts(twin) == {"a": 1, "b": 1, "c": 1})
    numbers += put(twin, "poison")
    bucket = tmp_path / "lake" / "s3" / twin.output("RawBucket")
    lost = until(lambda: [path for path in bucket.rglob("aws/lambda/*/shardId-*/*/*/*/*") if path.is_file()])
    record = json.loads(lost[0].read_text())
    assert [each["kinesis"]["partitionKey"] for each in record["payload"]["Records"]] == ["poison"]
    stored = read(twin)
    # WHEN the stack goes down and comes up again
    assert client.down(twin.lake)
    twin = serve(tmp_path, TEMPLATE)
    # THEN the stream is the same, record by record, and nothing is delivered again
    assert created(twin) == since
    assert read(twin) == stored
    assert {each["SequenceNumber"] for each in numbers} == {number for shard in stored.values() for number, _ in shard}
    put(twin, "d")
    until(lambda: counts(twin) == {"a": 1, "b": 1, "c": 1, "d": 1})
    # WHEN it is killed right after a put, and started again
    put(twin, "e")
    kill(twin)
    twin = serve(tmp_path, TEMPLATE)
    # THEN the record is there and is delivered at least once
    assert created(twin) == since
    until(lambda: counts(twin).get("e", 0) >= 1)


@pytest.mark.full
def test_a_stream_that_is_deleted_and_made_again_is_another_stream(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, TEMPLATE)
    kinesis, before = twin.client("kinesis"), created(twin)
    first = put(twin, "a")[0]
    until(lambda: counts(twin) == {"a": 1})
    kinesis.delete_stream(StreamName="events")
    kinesis.create_stream(StreamName="events", ShardCount=2)
    assert created(twin) > before
    # THEN numbers begin again, and the function gets the new stream from its beginning
    assert put(twin, "a")[0] == first
    until(lambda: counts(twin) == {"a": 2})


@pytest.mark.full
def test_a_reshard_keeps_records_where_they_are(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, ZONES)
    kinesis = twin.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    put(twin, "a", "b")
    # WHEN the shard is split, and its children are merged
    kinesis.split_shard(StreamName="events", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    put(twin, "c", "d", "e")
    kinesis.merge_shards(StreamName="events", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002")
    put(twin, "f")
    # THEN each record is in the shard that was open, numbers grow from parent to child, and nothing is twice
    shards = list(read(twin).values())
    texts = [sorted(data.decode() for _, data in shard) for shard in shards]
    assert (texts[0], sorted(texts[1] + texts[2]), texts[3]) == (["a", "b"], ["c", "d", "e"], ["f"])
    numbers = [int(number) for shard in shards for number, _ in shard]
    assert numbers == sorted(numbers)
    assert {len(str(number)) for number in numbers} == {56}
    # AND a closed shard that was read to its end has no next iterator
    iterator = kinesis.get_shard_iterator(StreamName="events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    assert kinesis.get_records(ShardIterator=iterator).get("NextShardIterator") is None
    summary = kinesis.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 1


@pytest.mark.full
def test_invoke_answers_over_the_api_as_lambda_does(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, TEMPLATE)
    function = twin.client("lambda")
    answer = function.invoke(FunctionName="live", Payload=b'{"name": "ana"}')
    assert (answer["StatusCode"], answer["ExecutedVersion"], json.load(answer["Payload"])) == (200, "$LATEST", {"hello": "ana"})
    assert "FunctionError" not in answer
    failed = function.invoke(FunctionName="live", Payload=b'{"fail": true}')
    assert (failed["StatusCode"], failed["FunctionError"]) == (200, "Unhandled")
    assert json.load(failed["Payload"])["errorMessage"] == "as asked"
    assert function.invoke(FunctionName="live", Payload=b"{}", InvocationType="Event")["StatusCode"] == 202
    with pytest.raises(function.exceptions.InvalidRequestContentException):
        function.invoke(FunctionName="live", Payload=b"{broken")
    # AND a function without any concurrency is throttled
    function.put_function_concurrency(FunctionName="live", ReservedConcurrentExecutions=0)
    with pytest.raises(function.exceptions.TooManyRequestsException):
        function.invoke(FunctionName="live", Payload=b"{}")
