"""Published results in the serving table: keys, versions, and how a reader finds the visible one.

| pk                       | sk                | item                                                          |
| ---                      | ---               | ---                                                           |
| pointers                 | <source>          | `version` that is visible, `published_at`, `as_of`            |
| <kind>#<source>#<bucket> | <id>#<version>    | `data` (JSON), `hash` of it; `removed` instead where it ended |

A publish writes what changed with the next version, then switches the pointer. A reader takes an id's highest version up to the
pointer's, so an item that did not change stays visible from the version that last wrote it, and nothing of a publish is visible
before it is complete. Superseded items expire; an expired item is not read even if DynamoDB has not deleted it yet.
The source is part of every key, so customers of different sources never mix.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambdas.common.table import Item, Table

CUSTOMER, RECOMMENDATIONS, RELATED = "customer", "recommendations", "related"
KINDS = (CUSTOMER, RECOMMENDATIONS, RELATED)
POINTERS = "pointers"
# Spreads the items of a source over partitions, each of which can be listed.
BUCKETS = 64
# The id of the recommendations for everyone who has none of their own.
EVERYONE = "(new)"


def bucket(item_id: str) -> int:
    """The bucket of an id; Spark's crc32 gives the same."""
    return zlib.crc32(item_id.encode()) % BUCKETS


def partition(kind: str, source: str, number: int) -> str:
    return f"{kind}#{source}#{number:02d}"


def sort_key(item_id: str, version: int) -> str:
    """Ids of an item sort by version; # within an id is escaped, so that no id begins like another one."""
    return f"{escaped(item_id)}#{version:010d}"


def escaped(item_id: str) -> str:
    return item_id.replace("%", "%25").replace("#", "%23")


@dataclass(frozen=True)
class Published:
    """Reads what is visible."""

    table: Table
    clock: Callable[[], float] = time.time

    def pointer(self, source: str) -> Item | None:
        """The pointer of a source; None if nothing of it was published."""
        return self.table.get(POINTERS, source)

    def sources(self) -> list[str]:
        """Sources that were published."""
        return [item["sk"] for item in self.table.query(POINTERS)]

    def data(self, kind: str, source: str, item_id: str, *, version: int) -> dict[str, Any] | None:
        """The content of an item in this version; None if there is none."""
        pk = partition(kind, source, bucket(item_id))
        first, last = sort_key(item_id, 1), sort_key(item_id, version)
        for item in self.table.query(pk, since=first, until=last, descending=True, limit=1):
            if "data" in item and item.get("expires_at", float("inf")) > self.clock():
                content: dict[str, Any] = json.loads(item["data"])
                return content
        return None
