"""The state of a shard: its checkpoint and the ids it has seen, kept in the table and, between invocations, in memory.

The copy in memory counts only while the table's checkpoint is the same. A new shard looks into the ids of its ancestors, which
Kinesis lets us read to their end before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lambdas.common.table import Item, Table
from lambdas.live import keys
from lambdas.live.counted import Counted
from lambdas.live.seen_ids import SeenIds, unpacked

# Shards that one process remembers; a process that serves more reads the others' ids again.
REMEMBERED = 2
# Batches of a shard that may come in any order; older ones are behind the floor.
BATCHES_KEPT = 8
# Longer than Kinesis can retain records, so no record that can still come loses its checkpoint.
CHECKPOINT_SECONDS = 400 * 86_400


@dataclass
class ShardState:
    """What is known of a shard. `batch` is the number of the last batch that was committed; 0 for none."""

    key: str
    batch: int = 0
    counted: Counted = field(default_factory=lambda: Counted(keep=BATCHES_KEPT))
    arrival: int = 0
    window: int = 0
    ancestors: Sequence[str] = ()
    plan: str = ""
    plan_items: int = 0
    plan_counted: bytes = b""
    seen: SeenIds = field(default_factory=SeenIds)

    def checkpoint(self, **changes: Any) -> Item:
        """The item of the checkpoint after a batch."""
        item: Item = {
            "pk": keys.SHARDS,
            "sk": self.key,
            "batch_number": self.batch,
            "counted": self.counted.data,
            "arrival": self.arrival,
        }
        item |= {"window": self.window, "ancestors": list(self.ancestors), **changes}
        return item | {"expires_at": item["arrival"] // 1000 + CHECKPOINT_SECONDS}

    def condition(self, values: dict[str, Any]) -> str:
        """Holds if nobody else has moved the checkpoint or begun a plan; adds its values to `values`."""
        if not self.batch:
            return "attribute_not_exists(pk)"
        values[":previous"] = self.batch
        return "batch_number = :previous AND attribute_not_exists(plan_id)"


class States:
    """States by shard key, the most recently used in memory."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[str, ShardState] = OrderedDict()

    def load(self, table: Table, key: str, *, ancestors: Callable[[], Sequence[str]], since: int) -> ShardState:
        """The shard's state, with ids that arrived since then (epoch milliseconds)."""
        item = table.get(keys.SHARDS, key, consistent=True)
        kept = self._remembered.get(key)
        if kept and item and kept.batch == item["batch_number"] and "plan_id" not in item:
            self._remembered.move_to_end(key)
            kept.seen.forget(before=since)
            return kept
        return _read(table, key, item, ancestors=ancestors, since=since)

    def remember(self, state: ShardState) -> None:
        self._remembered[state.key] = state
        self._remembered.move_to_end(state.key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)

    def forget(self, key: str) -> None:
        self._remembered.pop(key, None)


def _read(table: Table, key: str, item: Item | None, *, ancestors: Callable[[], Sequence[str]], since: int) -> ShardState:
    state = ShardState(key)
    if item:
        state.batch, state.arrival = item["batch_number"], item["arrival"]
        state.counted = Counted(item["counted"], keep=BATCHES_KEPT)
        state.window, state.ancestors = item["window"], item["ancestors"]
        state.plan, state.plan_items = item.get("plan_id", ""), item.get("plan_items", 0)
        state.plan_counted = item.get("plan_counted", b"")
    else:
        state.ancestors = ancestors()
    batches: list[tuple[int, bytes]] = []
    for shard in (*state.ancestors, key):
        rows = table.query(keys.ids(shard), since=f"{max(since, 0):015d}", consistent=True)
        batches.extend((row["arrival"], row["ids"]) for row in rows)
    for arrival, content in sorted(batches, key=lambda batch: batch[0]):
        state.seen.add(arrival, unpacked([content]))
    return state
