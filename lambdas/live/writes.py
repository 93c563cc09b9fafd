"""Writes to the live table as data, so that they can be sent, counted or stored as a plan.

A write that repeats has no further effect: a put has content that depends on its key alone, and an addition is applied only if
the item has not seen the batch's number yet. Batches of a shard are numbered as they are committed.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lambdas.common.table import Item, encoded
from lambdas.live import keys
from lambdas.live.fold import Delta, Details, Warned
from lambdas.live.seen_ids import packed

RETENTION_SECONDS = 7 * 86_400
# Names per details item. With the longest names this is 300 KB before compression; an item may have 400 KB.
NAMES_PER_ITEM = 500
COMPRESSION = 6


@dataclass(frozen=True, kw_only=True)
class Write:
    """One item: `content` replaces it, unless there are `additions`, which are added to its numbers."""

    pk: str
    sk: str
    batch: int
    expires_at: int
    content: Mapping[str, Any] = field(default_factory=dict)
    additions: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)

    def request(self, table: str, *, guarded: bool) -> dict[str, Any]:
        """An action of TransactWriteItems; `guarded` adds the condition that makes an addition repeatable by itself."""
        if not self.additions:
            item = {"pk": self.pk, "sk": self.sk, "batch_number": self.batch, "expires_at": self.expires_at, **self.content}
            return {"Put": {"TableName": table, "Item": encoded(item)}}
        names = {f"#{number}": name for number, name in enumerate([*self.additions, *self.first])}
        tokens = {name: token for token, name in names.items()}
        adds = ", ".join(f"{tokens[name]} :{tokens[name][1:]}" for name in self.additions)
        sets = "".join(f", {tokens[name]} = if_not_exists({tokens[name]}, :{tokens[name][1:]})" for name in self.first)
        values = {f":{tokens[name][1:]}": value for name, value in (*self.additions.items(), *self.first.items())}
        update: dict[str, Any] = {
            "TableName": table,
            "Key": encoded({"pk": self.pk, "sk": self.sk}),
            "UpdateExpression": f"ADD {adds} SET batch_number = :batch, expires_at = :expires{sets}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": encoded({**values, ":batch": self.batch, ":expires": self.expires_at}),
        }
        if guarded:
            update["ConditionExpression"] = "attribute_not_exists(batch_number) OR batch_number < :batch"
        return {"Update": update}

    def plain(self) -> Item:
        """The write as a plan stores it."""
        item: Item = {"pk": self.pk, "sk": self.sk, "expires_at": self.expires_at}
        return item | {"content": dict(self.content), "additions": dict(self.additions), "first": dict(self.first)}

    @property
    def size(self) -> int:
        """An upper bound of the bytes that are sent for it; keys and expressions have 300."""
        values = {**self.content, **self.additions, **self.first}
        sizes = (len(value) if isinstance(value, bytes) else 4 * len(str(value)) for value in values.values())
        return 300 + sum(map(len, values)) + sum(sizes)


def writes_of(delta: Delta, *, shard: str, batch: int, arrival: int, ids: Sequence[bytes], keep_ids: int) -> list[Write]:
    """All writes of a batch except the checkpoint. `keep_ids` is how many seconds ids are needed."""
    now = arrival // 1000
    expires = now + RETENTION_SECONDS
    writes = [
        Write(
            pk=keys.ids(shard),
            sk=f"{arrival:015d}#{batch:012d}#{number}",
            batch=batch,
            expires_at=now + 2 * keep_ids,
            content={"ids": content, "arrival": arrival},
        )
        for number, content in enumerate(packed(ids))
    ]
    for start, totals in delta.totals.items():
        kept = max(expires, start + RETENTION_SECONDS)
        sk = keys.start_text(start)
        writes.append(Write(pk=keys.totals(shard), sk=sk, batch=batch, expires_at=kept, additions=dict(totals)))
    for start, details in delta.details.items():
        kept = max(expires, start + RETENTION_SECONDS)
        for number, data in enumerate(parts(details)):
            sk = f"{keys.start_text(start)}#{batch:012d}#{number}"
            writes.append(Write(pk=keys.details(shard), sk=sk, batch=batch, expires_at=kept, content={"data": data}))
    for date, codes in delta.warnings.items():
        writes.append(_warnings(date, codes, shard=shard, batch=batch, expires=expires))
    return writes


def _warnings(date: str, codes: Mapping[str, Warned], *, shard: str, batch: int, expires: int) -> Write:
    return Write(
        pk=keys.warnings(date),
        sk=shard,
        batch=batch,
        expires_at=expires,
        additions={f"n#{code}": warned.count for code, warned in codes.items()},
        first={f"sample#{code}": warned.sample for code, warned in codes.items()},
    )


def parts(details: Details) -> Iterator[bytes]:
    """The details as compressed JSON, in as many pieces as items need."""
    entries: list[tuple[str, str, Any]] = [
        (dimension, name, kinds) for dimension, names in details.groups.items() for name, kinds in names.items()
    ]
    entries += [("users", _text(user), 1) for user in details.users]
    for session, steps in details.sessions.items():
        entries.append(("sessions", _text(session), [steps.view, sorted(steps.carts), steps.purchase]))
    for first in range(0, len(entries), NAMES_PER_ITEM):
        content: dict[str, dict[str, Any]] = {}
        for section, name, value in entries[first : first + NAMES_PER_ITEM]:
            content.setdefault(section, {})[name] = value
        yield zlib.compress(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(), COMPRESSION)


def _text(digest: bytes) -> str:
    return b64encode(digest).decode()


def write_from(plain: Mapping[str, Any], *, batch: int) -> Write:
    """The reverse of `Write.plain`."""
    return Write(batch=batch, **plain)
