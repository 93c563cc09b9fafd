"""One invocation: the records of a batch, by shard, and the answer that the event source mapping expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.common import logs
from lambdas.live.alerts import Alerts
from lambdas.live.consumer import Consumer
from lambdas.live.stream import Streams, by_shard


class UnreadableRecordError(Exception):
    """The first record of a batch cannot be read, and there are others behind it."""


@dataclass(frozen=True)
class Batch:
    """What an invocation needs. An error is raised: the mapping then delivers the batch again."""

    consumer: Consumer
    streams: Streams
    alerts: Alerts

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """`batchItemFailures` has the lowest failed record of each shard."""
        failures = []
        for (stream_arn, shard), records in by_shard(event).items():
            outcome = self.consumer.consume(self.streams.shard(stream_arn, shard), records)
            if outcome.failed == records[0].sequence and len(records) > 1:
                # The mapping halves a batch after an error without using up retries, so the records behind this one are not given
                # up with it. A returned number would make it try the whole rest again.
                raise UnreadableRecordError(f"{shard}: record {outcome.failed} cannot be read; the batch is to be halved")
            if outcome.failed is not None:
                failures.append({"itemIdentifier": str(outcome.failed)})
                logs.warning("record cannot be read", shard=shard, sequence=outcome.failed)
            if outcome.events:
                self.alerts.check(outcome)
        return {"batchItemFailures": failures}
