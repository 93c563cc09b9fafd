"""Batches that the live Lambda could not process: Lambda stored them in the raw zone, with their bytes, as AWS lays them out.

To redrive one is to put its records on the stream again, as new records. Events that the live path counted longer ago than
`live.deduplication_seconds` are counted there once more; the batch knows events by their ID.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.errors import PlatformError
from lambdas.ingest.packing import Record, calls

FAILED, REDRIVEN = "aws/lambda/", "redriven/"


@dataclass(frozen=True)
class FailedBatch:
    """One object: why its records failed, and the records."""

    key: str
    condition: str
    records: tuple[Record, ...]


def count_failed(s3: Any, bucket: str) -> int:
    """The number of failed batches that were not redriven yet."""
    return sum(page["KeyCount"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=FAILED))


def failed_batches(s3: Any, bucket: str) -> Iterator[FailedBatch]:
    """All failed batches that were not redriven yet, oldest first within a shard. PlatformError for an object that is none."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=FAILED):
        for entry in page.get("Contents", ()):
            yield _read(entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


def _read(key: str, content: bytes) -> FailedBatch:
    try:
        document = json.loads(content)
        payload = document["payload"]
        payload = json.loads(payload) if isinstance(payload, str) else payload
        records = tuple(
            Record(record["kinesis"]["partitionKey"], base64.b64decode(record["kinesis"]["data"]), positions=())
            for record in payload["Records"]
        )
        condition = str(document.get("requestContext", {}).get("condition", "unknown"))
    except (ValueError, KeyError, TypeError):
        raise PlatformError(f"{key}: is no failed batch of Lambda; look at the object, and move it out of {FAILED}.") from None
    return FailedBatch(key, condition, records)


def redrive(batch: FailedBatch, *, s3: Any, bucket: str, kinesis: Any, stream: str) -> None:
    """Put the records on the stream again, then file the object under redriven/. PlatformError if not all were taken."""
    for part in calls(batch.records):
        entries = [{"PartitionKey": record.partition_key, "Data": record.data} for record in part]
        answer = kinesis.put_records(StreamName=stream, Records=entries)
        if answer["FailedRecordCount"]:
            raise PlatformError(
                f"{batch.key}: the stream refused {answer['FailedRecordCount']} records; run the same command again."
            )
    target = f"{REDRIVEN}{batch.key.removeprefix(FAILED)}"
    s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": batch.key})
    s3.delete_object(Bucket=bucket, Key=batch.key)
