"""Which records of a batch failed, and the record that an on-failure destination gets of a batch that is given up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from offline.twin.services.awslambda.answers import Answer
from offline.twin.services.awslambda.event_source.mapping import Mapping

AGE_EXCEEDED = "RecordAgeExceeded"
RETRIES_EXHAUSTED = "RetryAttemptsExhausted"


@dataclass(frozen=True)
class Failure:
    """`position` is the first record to deliver again. None: the whole batch failed."""

    position: int | None = None


def judge(answer: Answer, sequence_numbers: Sequence[str], *, reports_failures: bool) -> Failure | None:
    """The failure that a function's answer reports; None when all records succeeded."""
    if answer.error is not None:
        return Failure()
    if not reports_failures or not answer.payload.strip():
        return None
    try:
        response = json.loads(answer.payload)
        items = (response or {}).get("batchItemFailures") or []
        identifiers = [item["itemIdentifier"] for item in items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return Failure()
    if not identifiers:
        return None
    positions = {number: position for position, number in enumerate(sequence_numbers)}
    if any(not isinstance(identifier, str) or identifier not in positions for identifier in identifiers):
        return Failure()
    return Failure(min(positions[identifier] for identifier in identifiers))


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """Records that are skipped; `answer` is the last one of the function, if it was asked."""

    condition: str
    invocations: int
    answer: Answer | None
    shard_id: str
    events: Sequence[dict[str, Any]]
    at: float

    def record(self, mapping: Mapping) -> dict[str, Any]:
        """The invocation record, without the payload."""
        first, last = (self.events[position]["kinesis"] for position in (0, -1))
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": self.answer.request_id if self.answer else str(uuid.uuid4()),
                "functionArn": mapping.function_arn,
                "condition": self.condition,
                "approximateInvokeCount": self.invocations,
            }
        }
        if self.answer is not None:
            record["responseContext"] = {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": self.answer.error,
            }
        return record | {
            "version": "1.0",
            "timestamp": _timestamp(self.at),
            "KinesisBatchInfo": {
                "shardId": self.shard_id,
                "startSequenceNumber": first["sequenceNumber"],
                "endSequenceNumber": last["sequenceNumber"],
                "approximateArrivalOfFirstRecord": _timestamp(first["approximateArrivalTimestamp"]),
                "approximateArrivalOfLastRecord": _timestamp(last["approximateArrivalTimestamp"]),
                "batchSize": len(self.events),
                "streamArn": mapping.stream_arn,
            },
        }

    def object_body(self, mapping: Mapping) -> bytes:
        """What an S3 destination stores: the record with the payload."""
        return json.dumps(self.record(mapping) | {"payload": {"Records": list(self.events)}}).encode()

    def object_key(self, mapping: Mapping) -> str:
        """Lambda's own layout."""
        at = datetime.fromtimestamp(self.at, UTC)
        return f"aws/lambda/{mapping.uuid}/{self.shard_id}/{at:%Y/%m/%d}/{at:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
