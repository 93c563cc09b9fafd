"""The fault table of the live function: whatever happens, live totals are the number of distinct events."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from lambdas.common.table import Table
from lambdas.live import commit, health, keys, metrics
from lambdas.live.batch import UnreadableRecordError
from tests.support.live import TEN, Faulty, KilledError, Kinesis, invocation, line, live, record


def totals(table):
    """Distinct events and revenue as the live view shows them, and the customer's counts."""
    day = timedelta(days=5)
    total, late, ahead = metrics.total(metrics.read(table, seconds=10, since=TEN - day, until=TEN + day))
    item = table.get(keys.customer("u"), "live")
    return (total.events + late.events + ahead.events, total.revenue, item and (item["purchases"], item["spent"]))


def purchases(*numbers, sequence, **fields):
    return record(sequence, *[line(number, "purchase", user_id="u", price="1.5", **fields) for number in numbers])


def expected(count):
    return (count, Decimal("1.5") * count, (count, 15_000 * count))


@pytest.mark.parametrize("operation", ["batch_get_item", "put_item", "transact_write_items"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_consumer_killed_at_any_call_leaves_a_batch_that_is_counted_once(table, operation, moment):
    # GIVEN a batch whose consumer dies at this call
    batch = invocation(purchases(1, 2, sequence=7), purchases(3, sequence=8))

    def die(name):
        if name == operation:
            raise KilledError

    with pytest.raises(KilledError):
        live(Table(table.name, Faulty(table.dynamodb, **{moment: die}))).handle(batch)
    # WHEN another process gets the same batch
    assert live(table).handle(batch) == {"batchItemFailures": []}
    # THEN
    assert totals(table) == expected(3)


def test_a_batch_that_is_delivered_again_is_skipped(table):
    batch = live(table)
    for _ in range(2):
        for sequence in (1, 2, 3):
            event = invocation(purchases(sequence, sequence=sequence))
            batch.handle(event)
            batch.handle(event)
            live(table).handle(event)
    assert totals(table) == expected(3)


def test_bisecting_down_to_one_counts_every_record_once(table):
    # GIVEN the whole batch was counted, but the answer was lost; then halves, down to single records
    records = [purchases(n, sequence=n) for n in range(1, 9)]
    for size in (8, 4, 2, 1):
        for first in range(0, 8, size):
            live(table).handle(invocation(*records[first : first + size]))
    assert totals(table) == expected(8)


def test_batches_of_which_a_later_one_comes_first(table):
    records = [purchases(n, sequence=n) for n in range(1, 7)]
    for piece in (records[3:], records[:3], records, records[1:5]):
        live(table).handle(invocation(*piece))
    assert totals(table) == expected(6)


def test_a_half_that_was_counted_before_its_batch_was_split_otherwise(table):
    records = [purchases(n, sequence=n) for n in range(1, 7)]
    batch = live(table)
    batch.handle(invocation(*records[:3]))
    batch.handle(invocation(*records[1:5]))
    batch.handle(invocation(*records))
    assert totals(table) == expected(6)


def test_a_producers_retry_is_another_record_with_the_same_ids(table):
    # GIVEN a put that timed out but was written, and its retry in the same and in a later batch, seen by another process
    live(table).handle(invocation(purchases(1, 2, sequence=1), purchases(2, 3, sequence=2)))
    live(table).handle(invocation(purchases(1, 3, 4, sequence=3)))
    assert totals(table) == expected(4)
    assert health.warnings(table, TEN.date())["duplicate"][0] == 3


@pytest.mark.parametrize(("gap", "count"), [(599, 1), (1300, 2)])
def test_ids_are_known_for_the_stated_time_and_the_batch_corrects_what_is_beyond(table, gap, count):
    batch = live(table, deduplication=600)
    batch.handle(invocation(record(1, line(1, user_id="u"), arrival=0)))
    batch.handle(invocation(record(2, line(1, user_id="u"), arrival=gap)))
    assert totals(table)[0] == count


def deliver(consumer, records, given_up):
    """As the event source mapping does: an error halves a batch, a returned number cuts it. What fails alone is given up."""
    numbers = [each["kinesis"]["sequenceNumber"] for each in records]
    try:
        failures = consumer.handle(invocation(*records))["batchItemFailures"]
    except UnreadableRecordError:
        for half in (records[: len(records) // 2], records[len(records) // 2 :]):
            deliver(consumer, half, given_up)
        return
    for failure in failures:
        position = numbers.index(failure["itemIdentifier"])
        if position:
            deliver(consumer, records[position:], given_up)
        else:
            given_up += numbers


@pytest.mark.parametrize(
    "poison",
    [b"\xff\xfe", b"{not json", b"[1]", b"", b"\n", b'{"event_id": "x"}', b'{"a":' * 5000, b'{"event_id":1,"event_type":"view"}'],
    ids=["not UTF-8", "not JSON", "no object", "empty", "no event", "no type", "deep", "wrong types"],
)
def test_poison_alone_is_given_up(table, poison):
    # GIVEN poison among good records
    batch = [
        record(3, data=poison) if sequence == 3 else purchases(sequence, sequence=sequence) for sequence in (1, 2, 3, 4, 5, 6, 7)
    ]
    # WHEN
    given_up = []
    deliver(live(table), batch, given_up)
    # THEN
    assert given_up == ["3"]
    assert totals(table) == expected(6)
    (unreadable,) = health.unreadable_records(table, TEN.date())
    assert unreadable["bytes"] == len(poison)
    assert health.warnings(table, TEN.date())["unreadable"][0] == 1


def test_no_line_of_a_poison_record_is_counted(table):
    # GIVEN a record with a good line, a broken one, and a good one
    good = purchases(1, sequence=1)
    data = b64decode(good["kinesis"]["data"])
    pack = record(1, data=data + b"{broken\n" + data.replace(b'"e1"', b'"e2"'))
    assert live(table).handle(invocation(pack)) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert totals(table) == (0, Decimal(0), None)
    # WHEN it is redriven as new records
    live(table).handle(invocation(purchases(1, sequence=5), purchases(2, sequence=6)))
    assert totals(table) == expected(2)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_conflicts_and_throttling_of_a_transaction_are_retried(table, code):
    failures = [code, code, code]

    def fail(name):
        if name == "transact_write_items" and failures:
            reasons = [{"Code": "None"}, {"Code": failures.pop()}]
            response = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(response, "TransactWriteItems")

    live(Table(table.name, Faulty(table.dynamodb, before=fail))).handle(invocation(purchases(1, sequence=1)))
    assert failures == []
    assert totals(table) == expected(1)


def test_throttling_that_does_not_end_fails_the_batch_and_the_next_delivery_counts_it(table):
    def fail(name):
        if name == "transact_write_items":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")

    batch = invocation(purchases(1, sequence=1))
    with pytest.raises(ClientError):
        live(Table(table.name, Faulty(table.dynamodb, before=fail))).handle(batch)
    live(table).handle(batch)
    assert totals(table) == expected(1)


def test_a_transaction_that_was_written_though_its_answer_was_lost_long_ago(table):
    # GIVEN the answer is lost after the write, and the retry comes when the request token (10 minutes) is no longer known
    lost = ["once"]

    def lose(name):
        if name == "transact_write_items" and lost:
            lost.pop()
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "TransactWriteItems")

    live(Table(table.name, Faulty(table.dynamodb, after=lose))).handle(invocation(purchases(1, sequence=1)))
    assert totals(table) == expected(1)


def test_two_consumers_of_one_shard_at_once_one_wins(table):
    # GIVEN another consumer counts a larger batch between this one's reading and its transaction
    other = invocation(*[purchases(n, sequence=n) for n in (1, 2, 3)])
    turns = ["other"]

    def interfere(name):
        if name == "transact_write_items" and turns:
            turns.pop()
            live(table).handle(other)

    slow = live(Table(table.name, Faulty(table.dynamodb, before=interfere)))
    slow.handle(invocation(*[purchases(n, sequence=n) for n in (1, 2)]))
    assert totals(table) == expected(3)
    # AND both go on
    slow.handle(invocation(purchases(4, sequence=4)))
    assert totals(table) == expected(4)


def test_a_stream_that_was_made_again_starts_from_scratch(table):
    # GIVEN a process that knows the old stream, and numbers that begin again below its checkpoint
    kinesis = Kinesis()
    batch = live(table, kinesis)
    batch.handle(invocation(purchases(1, sequence=1000)))
    kinesis.created = TEN + timedelta(hours=1)
    batch.handle(invocation(purchases(2, sequence=10)))
    live(table, kinesis).handle(invocation(purchases(2, sequence=10), purchases(3, sequence=11)))
    assert totals(table) == expected(3)


@pytest.mark.parametrize("parents", [("0",), ("0", "1")], ids=["split", "merge"])
def test_children_of_a_reshard_know_the_ids_of_their_ancestors(table, parents):
    # GIVEN shards 0 and 1 whose child is 2, whose child is 3; the retries arrive after the reshard
    names = {number: f"shardId-00000000000{number}" for number in "0123"}
    child = {"ShardId": names["2"], "ParentShardId": names["0"]}
    if len(parents) > 1:
        child["AdjacentParentShardId"] = names["1"]
    shards = [{"ShardId": names["0"]}, {"ShardId": names["1"]}, child, {"ShardId": names["3"], "ParentShardId": names["2"]}]
    batch = live(table, Kinesis(shards=shards))
    for parent in parents:
        batch.handle(invocation(record(50, line(parent), shard=names[parent])))
    again = [line(parent) for parent in parents]
    # WHEN
    batch.handle(invocation(record(10, *again, line("new"), shard=names["2"])))
    live(table, Kinesis(shards=shards)).handle(invocation(record(20, *again, line("new"), line("newer"), shard=names["3"])))
    # THEN
    assert totals(table)[0] == len(parents) + 2


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
