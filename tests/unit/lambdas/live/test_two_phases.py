"""Batches that are more than one transaction takes are applied in two phases, whichever consumer dies or is slow."""

from __future__ import annotations

import pytest

from lambdas.common.table import Table
from lambdas.live import commit, keys, metrics
from tests.support.live import Faulty, KilledError, invocation, line, live, record
from tests.support.live_totals import expected, totals


def wide(sequence, *, count=60):
    """A batch for 60 windows: 1 checkpoint, 1 item of ids and 120 of windows, more than a transaction takes."""
    return record(
        sequence, *[line(f"{sequence}-{n}", "purchase", at=n * 10, received=300, price="1.5", user_id="u") for n in range(count)]
    )


def test_a_batch_beyond_a_transaction_is_applied_in_two_phases(table):
    calls = []
    live(Table(table.name, Faulty(table.dynamodb, before=calls.append))).handle(invocation(wide(1)))
    assert "transact_write_items" not in calls
    assert totals(table) == expected(60)
    assert list(table.query(keys.plan(metrics.shards(table)[0]["sk"]))) == []


def test_a_batch_of_more_than_4_mb_is_applied_in_two_phases(table, monkeypatch):
    # restated: 100 actions, 4 MB; the limit here is lower, so that the test stays small
    assert (commit.MAX_ACTIONS, commit.MAX_BYTES) == (100, 3_500_000)
    monkeypatch.setattr(commit, "MAX_BYTES", 1_000)
    monkeypatch.setattr(commit, "PLAN_ITEM_BYTES", 500)
    calls = []
    live(Table(table.name, Faulty(table.dynamodb, before=calls.append))).handle(invocation(wide(1, count=8)))
    assert "transact_write_items" not in calls
    assert totals(table) == expected(8)


@pytest.mark.parametrize("call", [2, 7, *[pytest.param(n, marks=pytest.mark.full) for n in range(15) if n not in {2, 7}]])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_consumer_killed_anywhere_in_the_two_phases(table, monkeypatch, call, moment):
    # GIVEN five windows and a transaction of four actions; the first consumer dies at its n-th write
    monkeypatch.setattr(commit, "MAX_ACTIONS", 4)
    left = [call]

    def die(name):
        if name in {"put_item", "update_item", "delete_item"}:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

    first = live(Table(table.name, Faulty(table.dynamodb, **{moment: die})))
    with pytest.raises(KilledError):
        first.handle(invocation(wide(1, count=3), wide(2, count=5)))
    # WHEN the batch comes again in other pieces
    live(table).handle(invocation(wide(1, count=3)))
    live(table).handle(invocation(wide(1, count=3), wide(2, count=5)))
    # THEN
    assert totals(table) == expected(8)


def test_a_slow_consumer_that_applies_an_old_plan_changes_nothing(table, monkeypatch):
    # GIVEN a consumer that stops in the middle of a plan, while another finishes it and goes on
    monkeypatch.setattr(commit, "MAX_ACTIONS", 4)
    turns = [3]

    def interfere(name):
        if name == "update_item":
            turns[0] -= 1
            if turns[0] == 0:
                live(table).handle(invocation(wide(1, count=5), wide(2, count=5)))

    slow = live(Table(table.name, Faulty(table.dynamodb, before=interfere)))
    slow.handle(invocation(wide(1, count=5)))
    assert totals(table) == expected(10)


def test_limits_of_items_are_kept(table):
    # GIVEN 1,500 events, each with names of its own of the greatest length
    events = [line(n, product_id=f"{n:0128d}", brand=f"{n:0128d}", session_id=f"s{n}") for n in range(1_500)]
    sizes = []

    def measure(**arguments):
        for action in arguments["TransactItems"]:
            item = action.get("Put", {}).get("Item", {})
            sizes.append(sum(len(str(value)) for value in item.values()))

    faulty = Faulty(table.dynamodb)
    original = table.dynamodb.transact_write_items
    faulty.transact_write_items = lambda **arguments: (measure(**arguments), original(**arguments))[1]
    live(Table(table.name, faulty)).handle(invocation(record(1, *events)))
    assert totals(table)[0] == 1_500
    assert max(sizes) < 400_000
