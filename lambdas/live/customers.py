"""Live features of customers: last seen, session, cart, rolling counts and live RFM.

An item remembers which of the last batches it contains, so that a record never counts twice here either: the write is
conditional on the item's version, and records that it contains are skipped. This costs one write unit per customer and batch
instead of the two of a transaction. It happens before the checkpoint moves, so no record is lost between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lambdas.common.retry import error_codes, retrying
from lambdas.common.table import Item, Table, encoded
from lambdas.live import keys
from lambdas.live.counted import Counted
from lambdas.live.events import Event

LIVE = "live"
HOUR = 3_600_000
MINUTE = 60_000
ROLLING_HOURS = 24
SESSION_GAP = 30 * MINUTE
CART_PRODUCTS = 50
RETENTION_SECONDS = 90 * 86_400
# A reshard leaves a customer in one more shard; older ones are behind their checkpoints for long.
SHARDS_KEPT = 4
BATCHES_KEPT = 4
THREADS = 8
ATTEMPTS = 10

# An event, and the sequence number of its record.
Numbered = tuple[int, Event]
Features = dict[str, Any]


def update_customers(
    table: Table,
    events: Mapping[str, Sequence[Numbered]],
    *,
    shard: str,
    sequences: Sequence[int],
    changed: Callable[[str, Features], None],
) -> None:
    """Applies each customer's events of a batch with these records; `changed` gets the features of those that changed."""
    users = list(events)
    if not users:
        return
    stored = {item["pk"]: item for item in table.get_many([(keys.customer(user), LIVE) for user in users], consistent=True)}

    def update(user: str) -> Item | None:
        return _update(table, keys.customer(user), stored, events[user], shard, sequences)

    with ThreadPoolExecutor(max_workers=min(THREADS, len(users))) as pool:
        for user, item in zip(users, pool.map(update, users), strict=True):
            if item is not None:
                changed(user, item)


def _update(
    table: Table, pk: str, stored: Mapping[str, Item], events: Sequence[Numbered], shard: str, batch: Sequence[int]
) -> Item | None:
    """The customer's item with the events applied, or None if it contains them already. `stored` has the items by `pk`."""
    old = stored.get(pk)
    for _ in range(ATTEMPTS):
        new = applied(old or {}, events, shard=shard, batch=batch)
        if new is None:
            return None
        new |= {"pk": pk, "sk": LIVE}
        if _put(table, new, old):
            return new
        old = retrying(lambda: table.get(pk, LIVE, consistent=True))
    raise RuntimeError("another consumer writes the same customer all the time")


def _put(table: Table, new: Item, old: Item | None) -> bool:
    arguments: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if old:
        values = encoded({":version": old["version"]})
        arguments = {"ConditionExpression": "version = :version", "ExpressionAttributeValues": values}
    try:
        retrying(lambda: table.dynamodb.put_item(TableName=table.name, Item=encoded(new), **arguments))
    except Exception as error:
        if "ConditionalCheckFailedException" in error_codes(error):
            return False
        raise
    return True


def applied(old: Features, events: Iterable[Numbered], *, shard: str, batch: Sequence[int]) -> Features | None:
    """The features after those events whose records they do not contain yet; None if there are none."""
    known = old.get("counted", {})
    counted = Counted(known.get(shard, b""), keep=BATCHES_KEPT)
    fresh = [(sequence, event) for sequence, event in events if sequence not in counted]
    if not fresh:
        return None
    features = {**new_features(), **old}
    for _, event in fresh:
        _apply(features, event)
    others = [(name, value) for name, value in known.items() if name != shard]
    features["counted"] = dict(others[-(SHARDS_KEPT - 1) :]) | {shard: counted.including(batch).data}
    features["version"] = old.get("version", 0) + 1
    features["expires_at"] = features["last_seen"] // 1000 + RETENTION_SECONDS
    return features


def new_features() -> Features:
    """Features of a customer without events. Times are epoch milliseconds, amounts ten-thousandths."""
    return {
        "last_seen": 0,
        "session": {"start": 0, "last": 0, "events": 0, "id": b""},
        "cart": {},
        "hours": {},
        "minute": {"at": 0, "events": 0, "refunds": 0},
        "checkouts": 0,
        "last_purchase": 0,
        "purchases": 0,
        "spent": 0,
        "refunded": 0,
    }


def _apply(features: Features, event: Event) -> None:
    # A clock that is ahead would make everything else old.
    event = event._replace(at=min(event.at, event.received))
    features["last_seen"] = max(features["last_seen"], event.at)
    features["session"] = _session(features["session"], event)
    features["cart"] = _cart(features["cart"], event)
    features["hours"] = _hours(features["hours"], event, newest=features["last_seen"] // HOUR)
    features["minute"] = _minute(features["minute"], event)
    if event.kind == "checkout":
        features["checkouts"] += 1
    elif event.kind in {"purchase", "order"}:
        features["checkouts"] = 0
        features["last_purchase"] = max(features["last_purchase"], event.at)
        features["purchases"] += 1
        features["spent"] += event.amount
    elif event.kind == "refund":
        features["refunded"] += event.amount


def _session(session: Features, event: Event) -> Features:
    """The latest session: by its id, else by a gap of 30 minutes. An event of an earlier session changes nothing."""
    session_id = event.session or b""
    same = session_id == session["id"] if session_id else abs(event.at - session["last"]) <= SESSION_GAP
    if same and session["events"]:
        start, last = min(session["start"], event.at), max(session["last"], event.at)
        return {**session, "start": start, "last": last, "events": session["events"] + 1}
    if event.at < session["last"]:
        return session
    return {"start": event.at, "last": event.at, "events": 1, "id": session_id}


def _cart(cart: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """Product -> [quantity, value]. A sale empties it; the products beyond the newest 50 are dropped."""
    cart = dict(cart)
    if event.kind in {"purchase", "order"}:
        return {}
    sign = {"cart": 1, "remove_from_cart": -1}.get(event.kind, 0)
    for line in event.lines if sign else ():
        quantity, value = cart.pop(line.product_id, [0, 0])
        left = quantity + sign * line.quantity
        if left > 0:
            # A removal without a price takes its share of the value.
            taken = line.amount if line.amount or sign > 0 else value * line.quantity // max(quantity, 1)
            cart[line.product_id] = [left, max(0, value + sign * taken)]
    return dict(list(cart.items())[-CART_PRODUCTS:])


def _hours(hours: Mapping[str, Any], event: Event, *, newest: int) -> dict[str, Any]:
    """Counts by type of the last 24 hours with events, by hour."""
    hour = event.at // HOUR
    kept = {name: kinds for name, kinds in hours.items() if int(name) > newest - ROLLING_HOURS}
    if hour > newest - ROLLING_HOURS:
        kinds = kept.get(str(hour), {})
        kept[str(hour)] = {**kinds, event.kind: kinds.get(event.kind, 0) + 1}
    return kept


def _minute(minute: Features, event: Event) -> Features:
    """Counts of the newest minute, for velocity."""
    at = event.received // MINUTE
    if at < minute["at"]:
        return minute
    base = minute if at == minute["at"] else {"at": at, "events": 0, "refunds": 0}
    return {**base, "events": base["events"] + 1, "refunds": base["refunds"] + (event.kind == "refund")}
