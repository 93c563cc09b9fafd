"""Writes the next version of a source's documents: only what changed, and visible all at once.

`lambdas.serving.published` describes the table. A publish that stopped half-way has left items of the next version; the next
publish compares with them too, keeps those that are right and replaces or deletes the others.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contracts.errors import PlatformError
from lambdas.common.retry import error_codes, retrying
from lambdas.common.table import Item, Table, encoded
from lambdas.serving.published import POINTERS, Published, partition, sort_key

# A reader that has just read the old pointer still finds the old items; retries of a page or a cache may take longer.
KEEP_SECONDS = 86_400
# Later than whatever it hides has expired.
REMOVED_SECONDS = 8 * 86_400
# Limit of BatchWriteItem.
BATCH = 25
THREADS = 8
ATTEMPTS = 10
HASH_BYTES = 8


@dataclass
class Counts:
    """What a publish did with the source's documents."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass
class _History:
    """An id's items: the visible one, one of the next version that a broken publish has left, and older ones without an end."""

    visible: Item | None = None
    left: Item | None = None
    older: list[Item] = field(default_factory=list)


@dataclass
class Publication:
    """One publish of one source. Call `compare` for every partition, then `switch`."""

    table: Table
    source: str
    clock: Callable[[], float] = time.time
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        pointer = Published(self.table).pointer(self.source)
        self.current: int = pointer["version"] if pointer else 0
        self._superseded: list[Item] = []

    @property
    def version(self) -> int:
        """The version that this publish writes."""
        return self.current + 1

    def compare(self, kind: str, bucket: int, documents: Mapping[str, str]) -> None:
        """Writes what differs between the documents (id -> JSON) and the visible items of the partition."""
        pk = partition(kind, self.source, bucket)
        histories = self._histories(pk)
        requests = []
        for item_id in sorted({*documents, *histories}):
            data = documents.get(item_id)
            requests += self._requests(pk, item_id, data, histories.get(item_id, _History()))
        self._write(requests)

    def _histories(self, pk: str) -> dict[str, _History]:
        histories: dict[str, _History] = {}
        for item in self.table.query(pk, consistent=True):
            history = histories.setdefault(item["id"], _History())
            if item["version"] > self.current:
                history.left = item
            else:
                if history.visible:
                    history.older.append(history.visible)
                history.visible = item
        return histories

    def _requests(self, pk: str, item_id: str, data: str | None, history: _History) -> list[dict[str, Any]]:
        """The writes that make this document the id's visible one in the next version."""
        visible, left = history.visible, history.left
        self._superseded += [item for item in history.older if "expires_at" not in item]
        # Content that expires was removed, even if the mark of removal has expired first.
        now = visible["hash"] if visible and "data" in visible and "expires_at" not in visible else b""
        aim = b"" if data is None else hashlib.blake2b(data.encode(), digest_size=HASH_BYTES).digest()
        if now == aim:
            self.counts.unchanged += data is not None
            return [_delete(left)] if left else []
        if visible and "expires_at" not in visible:
            self._superseded.append(visible)
        if data is None:
            self.counts.removed += 1
        else:
            self.counts.written += 1
        if left and left["hash"] == aim:
            return []
        item: Item = {"pk": pk, "sk": sort_key(item_id, self.version), "id": item_id, "version": self.version, "hash": aim}
        item |= {"expires_at": int(self.clock()) + REMOVED_SECONDS} if data is None else {"data": data}
        return [{"PutRequest": {"Item": encoded(item)}}]

    def _write(self, requests: Sequence[dict[str, Any]]) -> None:
        groups = [list(requests[first : first + BATCH]) for first in range(0, len(requests), BATCH)]
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            list(pool.map(self._write_group, groups))

    def _write_group(self, group: list[dict[str, Any]]) -> None:
        items = {self.table.name: group}
        for attempt in range(ATTEMPTS):
            answer = retrying(partial(self.table.dynamodb.batch_write_item, RequestItems=items))
            items = answer.get("UnprocessedItems")
            if not items:
                return
            time.sleep(random.SystemRandom().uniform(0, 0.05 * 2**attempt))
        raise PlatformError(
            f"{self.table.name}: DynamoDB refused writes {ATTEMPTS} times; run the job again, it goes on from here."
        )

    def switch(self, **details: Any) -> None:
        """Makes the version visible, then lets what it replaced expire. The version stays if nothing changed."""
        changed = self.counts.written or self.counts.removed or not self.current
        version = self.version if changed else self.current
        self._move_pointer({"pk": POINTERS, "sk": self.source, "version": version, **details})
        self._expire(self._superseded)

    def _move_pointer(self, item: Item) -> None:
        arguments: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if self.current:
            arguments["ConditionExpression"] = "version = :current"
            arguments["ExpressionAttributeValues"] = encoded({":current": self.current})
        try:
            retrying(lambda: self.table.dynamodb.put_item(TableName=self.table.name, Item=encoded(item), **arguments))
        except Exception as error:
            if "ConditionalCheckFailedException" in error_codes(error):
                raise PlatformError(f"{self.source}: another publish has finished meanwhile; run the job again.") from error
            raise

    def _expire(self, items: Iterable[Item]) -> None:
        end = int(self.clock()) + KEEP_SECONDS

        def expire(item: Item) -> None:
            update = partial(
                self.table.dynamodb.update_item,
                TableName=self.table.name,
                Key=encoded({"pk": item["pk"], "sk": item["sk"]}),
                UpdateExpression="SET expires_at = :end",
                ExpressionAttributeValues=encoded({":end": end}),
            )
            retrying(update)

        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            list(pool.map(expire, items))


def _delete(item: Item) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": encoded({"pk": item["pk"], "sk": item["sk"]})}}
