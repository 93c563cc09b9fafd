"""Failed batches: listed, put on the stream again byte for byte, and filed so that they are not redriven twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from contracts.errors import PlatformError
from offline.live.redrive import count_failed, failed_batches, redrive
from tests.support.lazy import lazy

mock_aws = lazy("moto", "mock_aws")

KEY = "aws/lambda/esm-1/shardId-000000000000/2026/11/26/2026-11-26T10.00.00-abc"
RECORDS = [("ann", b'{"event_id":"e1"}\n'), ("bob", b"\xff no event")]


def stored(records: list[tuple[str, bytes]]) -> bytes:
    """As AWS stores it: the payload is what the function received."""
    payload = {"Records": [{"kinesis": {"partitionKey": key, "data": base64.b64encode(data).decode()}} for key, data in records]}
    return json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "payload": json.dumps(payload)}).encode()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3, kinesis = (boto3.client(service, region_name="us-east-1") for service in ("s3", "kinesis"))
        s3.create_bucket(Bucket="raw")
        kinesis.create_stream(StreamName="events", ShardCount=1)
        yield s3, kinesis


def on_stream(kinesis: Any) -> list[tuple[str, bytes]]:
    (shard,) = kinesis.list_shards(StreamName="events")["Shards"]
    iterator = kinesis.get_shard_iterator(StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return [(record["PartitionKey"], record["Data"]) for record in records]


def test_records_go_back_byte_for_byte_and_the_object_is_filed(aws: tuple[Any, Any]) -> None:
    s3, kinesis = aws
    s3.put_object(Bucket="raw", Key=KEY, Body=stored(RECORDS))
    assert count_failed(s3, "raw") == 1
    (batch,) = failed_batches(s3, "raw")
    assert (batch.key, batch.condition) == (KEY, "RetryAttemptsExhausted")
    assert [(record.partition_key, record.data) for record in batch.records] == RECORDS
    redrive(batch, s3=s3, bucket="raw", kinesis=kinesis, stream="events")
    assert on_stream(kinesis) == RECORDS
    assert list(failed_batches(s3, "raw")) == []
    filed = s3.list_objects_v2(Bucket="raw", Prefix="redriven/")["Contents"]
    assert [entry["Key"] for entry in filed] == [KEY.replace("aws/lambda/", "redriven/")]


def test_more_records_than_one_call_takes_go_in_several(aws: tuple[Any, Any]) -> None:
    s3, kinesis = aws
    many = [(f"user{number}", b"{}\n") for number in range(501)]
    s3.put_object(Bucket="raw", Key=KEY, Body=stored(many))
    (batch,) = failed_batches(s3, "raw")
    redrive(batch, s3=s3, bucket="raw", kinesis=kinesis, stream="events")
    assert on_stream(kinesis) == many


@pytest.mark.parametrize("content", [b"not json", b"{}", b'{"payload": 5}', b'{"payload": {"Records": [{"kinesis": {}}]}}'])
def test_an_object_that_is_no_failed_batch_is_named(aws: tuple[Any, Any], content: bytes) -> None:
    s3, _ = aws
    s3.put_object(Bucket="raw", Key=KEY, Body=content)
    with pytest.raises(PlatformError, match=r"2026-11-26T10\.00\.00-abc: is no failed batch of Lambda"):
        list(failed_batches(s3, "raw"))
