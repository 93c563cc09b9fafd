"""Kinesis: streams whose records outlive the server."""

from __future__ import annotations

from pathlib import Path

from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.service import Service, Setup
from offline.twin.services.kinesis import backend
from offline.twin.services.kinesis.records import Records


class Kinesis(Service):
    title = "Kinesis"
    adds = (
        "Streams, records, sequence numbers and creation times outlive `down` and kill -9, in `kinesis/` in the lake's folder.",
        "A stream that is deleted and created again has a new creation time, and its sequence numbers begin again.",
        "After a split or merge, records stay in the closed parents.",
        "A closed shard that was read to its end has no next iterator.",
    )
    leaves_out = (
        "Limits of a shard's throughput. Encryption, metrics, and enhanced fan-out.",
        "A stream of the stacks keeps its shards when the app changes their number; use UpdateShardCount.",
    )

    def install(self, setup: Setup) -> None:
        self.records = open_records(setup)
        backend.install(self.records)

    def restore(self) -> None:
        from moto.kinesis.models import kinesis_backends  # noqa: PLC0415 - slow to import

        streams = kinesis_backends[ACCOUNT][REGION]
        for stored in self.records.streams():
            if stored.name not in streams.streams:
                mode = {"StreamMode": stored.mode}
                streams.create_stream(stored.name, 1, stream_mode=mode, retention_period_hours=stored.retention_hours)

    def stop(self) -> None:
        self.records.close()


_open: dict[Path, Records] = {}


def open_records(setup: Setup) -> Records:
    """The records of this lake; the same object for all services."""
    file = setup.lake / "kinesis" / "streams.sqlite"
    if file not in _open:
        _open[file] = Records(file)
    return _open[file]
