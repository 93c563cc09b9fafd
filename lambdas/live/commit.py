"""Commits a batch: its writes and the shard's checkpoint together, exactly once.

A batch is one transaction, conditional on the checkpoint that it was computed from. The condition guards; the request token is
only good for ten minutes. A batch beyond the limits of a transaction becomes a *plan* in two phases:

1. The writes are stored under a new plan id, then the checkpoint names the plan, if it is still the one the batch was computed
   from. Until then the plan has no effect.
2. Every write is applied with a condition of its own, so that repeating it changes nothing. Then the checkpoint has
   counted the plan's records and no longer names the plan.

A consumer that finds a plan in the checkpoint finishes it first, however its own batch was cut.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from lambdas.common.retry import error_codes, retrying
from lambdas.common.table import Table, encoded
from lambdas.live import keys
from lambdas.live.counted import Counted
from lambdas.live.shard_state import BATCHES_KEPT, ShardState
from lambdas.live.writes import Write, write_from

# Limits of TransactWriteItems; the size leaves room for names and requests.
MAX_ACTIONS = 100
MAX_BYTES = 3_500_000
# Bytes of writes per item of a plan; an item may have 400 KB.
PLAN_ITEM_BYTES = 300_000
PLAN_SECONDS = 30 * 86_400
CONDITION_FAILED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}


class LostError(Exception):
    """Another consumer has moved the checkpoint; read the state again."""


def commit(table: Table, state: ShardState, writes: Sequence[Write], *, counted: Counted, arrival: int) -> None:
    """Applies the writes of the next batch and moves the checkpoint. Raises LostError if the state is no longer current."""
    if len(writes) < MAX_ACTIONS and sum(write.size for write in writes) < MAX_BYTES:
        item = state.checkpoint(batch_number=state.batch + 1, counted=counted.data, arrival=arrival)
        _transact(table, [_checkpoint(table, state, item), *(write.request(table.name, guarded=False) for write in writes)])
    else:
        _begin_plan(table, state, writes, counted=counted, arrival=arrival)
        finish_plan(table, state)
        return
    state.batch, state.counted, state.arrival = state.batch + 1, counted, arrival


def finish_plan(table: Table, state: ShardState) -> None:
    """Applies the plan that the checkpoint names and moves the checkpoint behind it. Raises LostError if another one did."""
    for write in _planned(table, state):
        _apply(table, write)
    item = state.checkpoint(counted=state.plan_counted)
    values = encoded({":plan": state.plan})
    _send(
        table.dynamodb.put_item,
        TableName=table.name,
        Item=encoded(item),
        ConditionExpression="plan_id = :plan",
        ExpressionAttributeValues=values,
    )
    for number in range(state.plan_items):
        key = encoded({"pk": keys.plan(state.key), "sk": f"{state.plan}#{number:06d}"})
        _send(table.dynamodb.delete_item, TableName=table.name, Key=key)
    state.counted = Counted(state.plan_counted, keep=BATCHES_KEPT)
    state.plan, state.plan_counted, state.plan_items = "", b"", 0


def _begin_plan(table: Table, state: ShardState, writes: Sequence[Write], *, counted: Counted, arrival: int) -> None:
    plan = uuid.uuid4().hex
    expires = arrival // 1000 + PLAN_SECONDS
    count = 0
    for count, group in enumerate(_groups(writes), start=1):
        item = {"pk": keys.plan(state.key), "sk": f"{plan}#{count - 1:06d}", "writes": group, "expires_at": expires}
        _send(table.dynamodb.put_item, TableName=table.name, Item=encoded(item))
    marked = {
        "batch_number": state.batch + 1,
        "plan_id": plan,
        "plan_items": count,
        "plan_counted": counted.data,
        "arrival": arrival,
    }
    action = _checkpoint(table, state, state.checkpoint(**marked))["Put"]
    _send(table.dynamodb.put_item, **action)
    state.batch, state.arrival = state.batch + 1, arrival
    state.plan, state.plan_items, state.plan_counted = plan, count, counted.data


def _groups(writes: Sequence[Write]) -> Iterator[list[Any]]:
    group: list[Any] = []
    size = 0
    for write in writes:
        if group and size + write.size > PLAN_ITEM_BYTES:
            yield group
            group, size = [], 0
        group.append(write.plain())
        size += write.size
    if group:
        yield group


def _planned(table: Table, state: ShardState) -> Iterator[Write]:
    for number in range(state.plan_items):
        item = table.get(keys.plan(state.key), f"{state.plan}#{number:06d}", consistent=True)
        if item is None:
            raise LostError  # deleted by the consumer that finished the plan
        for plain in item["writes"]:
            yield write_from(plain, batch=state.batch)


def _apply(table: Table, write: Write) -> None:
    ((action, arguments),) = write.request(table.name, guarded=True).items()
    call = table.dynamodb.put_item if action == "Put" else table.dynamodb.update_item
    try:
        retrying(lambda: call(**arguments))
    except Exception as error:
        if not error_codes(error) & CONDITION_FAILED:
            raise


def _checkpoint(table: Table, state: ShardState, item: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    put = {"TableName": table.name, "Item": encoded(item), "ConditionExpression": state.condition(values)}
    return {"Put": put | ({"ExpressionAttributeValues": encoded(values)} if values else {})}


def _transact(table: Table, actions: Sequence[dict[str, Any]]) -> None:
    _send(table.dynamodb.transact_write_items, TransactItems=list(actions))


def _send(call: Any, **arguments: Any) -> None:
    try:
        retrying(lambda: call(**arguments))
    except Exception as error:
        if error_codes(error) & CONDITION_FAILED:
            raise LostError from error
        raise
