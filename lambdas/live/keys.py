"""Keys of the live table: `pk` and `sk` are strings, `expires_at` is the TTL in epoch seconds.

A *shard key* stands for one shard of one stream: it hashes the stream's ARN, its creation time and the shard id, so that a
stream that was deleted and created again begins without a checkpoint. Times in keys are UTC and sort as text.

| pk                  | sk                            | item                                                              |
| ---                 | ---                           | ---                                                               |
| shards              | <shard key>                   | checkpoint of the shard, and a plan that is being applied         |
| ids#<shard key>     | <arrival ms>#<batch>#<n>      | hashes of the event ids of one batch                              |
| plan#<shard key>    | <plan id>#<n>                 | writes of a batch that is too large for one transaction           |
| totals#<shard key>  | <start>                       | counts and values of a base window, added up                      |
| details#<shard key> | <start>#<batch>#<n>           | one batch's brands, categories, products, users, sessions         |
| warnings#<date>     | <shard key>                   | ingestion warnings of a day: count and sample per code            |
| poison#<date>       | <shard key>#<sequence>        | a record that cannot be read                                      |
| customer#<user id>  | live                          | live features of a customer                                       |
| alerts#<date>       | <time>#<code>#<subject>       | an alert                                                          |
| alert_state         | <code>#<subject>              | when the alert was last sent, for the rate limit                  |

Only windows of the shortest size of WINDOWS are stored; longer ones are whole multiples and are summed on read. Everything that
a batch adds carries the batch's number, so that a write can be repeated without being counted twice.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

SHARDS = "shards"
ALERT_STATE = "alert_state"


def shard_key(*, stream_arn: str, created: str, shard: str) -> str:
    """A short key of one shard of one incarnation of a stream."""
    digest = hashlib.blake2b(f"{stream_arn}|{created}|{shard}".encode(), digest_size=8).hexdigest()
    return f"{shard}-{digest}"


def start_text(epoch: int) -> str:
    """The start of a window in keys: 2026-11-26T10:00:00Z."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_text(epoch: float) -> str:
    """The UTC date in keys: 2026-11-26."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")


def ids(shard: str) -> str:
    return f"ids#{shard}"


def plan(shard: str) -> str:
    return f"plan#{shard}"


def totals(shard: str) -> str:
    return f"totals#{shard}"


def details(shard: str) -> str:
    return f"details#{shard}"


def warnings(date: str) -> str:
    return f"warnings#{date}"


def poison(date: str) -> str:
    return f"poison#{date}"


def customer(user_id: str) -> str:
    return f"customer#{user_id}"


def alerts(date: str) -> str:
    return f"alerts#{date}"
