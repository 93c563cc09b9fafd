"""Ids of recent events of a shard: an event that a producer sent again, as another record, is not counted again.

Bounds: at least DEDUPLICATION_SECONDS of arrivals, and at most MAX_IDS ids per shard (1,000 events per second for ten minutes);
beyond them the oldest batches are dropped, and the nightly batch corrects what a later retry adds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

MAX_IDS = 600_000
ID_BYTES = 8
# 240 KB: an item may have 400 KB.
IDS_PER_ITEM = 30_000


class SeenIds:
    """Hashes of event ids in batches, oldest first."""

    def __init__(self, *, limit: int = MAX_IDS) -> None:
        self._limit = limit
        self._batches: deque[tuple[int, Sequence[bytes]]] = deque()
        self._ids: set[bytes] = set()

    def __contains__(self, event_id: bytes) -> bool:
        return event_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, arrival: int, ids: Sequence[bytes]) -> None:
        """Adds a batch of new ids that arrived at this time (epoch milliseconds)."""
        self._batches.append((arrival, ids))
        self._ids.update(ids)
        while len(self._ids) > self._limit and len(self._batches) > 1:
            self._drop()

    def forget(self, *, before: int) -> None:
        """Drops batches that arrived before this time."""
        while self._batches and self._batches[0][0] < before:
            self._drop()

    def _drop(self) -> None:
        self._ids.difference_update(self._batches.popleft()[1])


def packed(ids: Sequence[bytes]) -> list[bytes]:
    """The ids as contents of items."""
    return [b"".join(ids[first : first + IDS_PER_ITEM]) for first in range(0, len(ids), IDS_PER_ITEM)]


def unpacked(contents: Iterable[bytes]) -> list[bytes]:
    """The reverse of `packed`."""
    return [content[at : at + ID_BYTES] for content in contents for at in range(0, len(content), ID_BYTES)]
