"""Delivers a stream to a function: one delivery a shard, children after their parents."""

from __future__ import annotations

from collections.abc import Sequence

from offline.twin.services.awslambda.event_source.mapping import Mapping
from offline.twin.services.awslambda.event_source.shard import POLL_SECONDS, Ports, ShardDelivery
from offline.twin.services.awslambda.event_source.stream import Checkpoint, Shard


class EventSource:
    """All shards of a mapping's stream."""

    def __init__(self, mapping: Mapping, ports: Ports) -> None:
        self.mapping, self._ports = mapping, ports
        self._created = ""
        self._deliveries: dict[str, ShardDelivery] = {}
        self._start_at_latest()

    @property
    def is_working(self) -> bool:
        return any(delivery.is_working for delivery in list(self._deliveries.values()))

    def deliveries(self) -> Sequence[ShardDelivery]:
        """The shards that can be read now: not finished, and their parents are."""
        if self._created != self._ports.stream.created:
            # A new stream of the same name begins from scratch.
            self._created, self._deliveries = self._ports.stream.created, {}
        shards = self._ports.stream.shards()
        existing = {shard.shard_id for shard in shards}
        for shard in shards:
            parents = [parent for parent in shard.parents if parent in existing]
            if shard.shard_id not in self._deliveries and all(self._is_finished(parent) for parent in parents):
                self._deliveries[shard.shard_id] = ShardDelivery(self.mapping, shard.shard_id, self._ports)
        return [self._deliveries[shard.shard_id] for shard in shards if self._can_read(shard)]

    def poll(self) -> float:
        """Polls every shard once, one after the other; the seconds until there can be more to do."""
        return min((delivery.poll() for delivery in self.deliveries()), default=POLL_SECONDS)

    def _can_read(self, shard: Shard) -> bool:
        delivery = self._deliveries.get(shard.shard_id)
        return delivery is not None and not delivery.is_finished

    def _is_finished(self, shard_id: str) -> bool:
        return shard_id in self._deliveries and self._deliveries[shard_id].is_finished

    def _start_at_latest(self) -> None:
        """A mapping that starts at LATEST skips what was there when it was created; shards of later are read whole."""
        stream, checkpoints, arn = self._ports.stream, self._ports.checkpoints, self.mapping.stream_arn
        if self.mapping.starting_position != "LATEST":
            return
        shards = stream.shards()
        if any(checkpoints.load(arn, stream.created, shard.shard_id) for shard in shards):
            return
        for shard in shards:
            checkpoints.save(arn, stream.created, shard.shard_id, Checkpoint(stream.latest(shard.shard_id)))
