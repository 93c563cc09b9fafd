"""The fault table of the live function: whatever happens, live totals are the number of distinct events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from lambdas.common.table import Table
from lambdas.live import health
from tests.support.live import TEN, Faulty, KilledError, Kinesis, invocation, line, live, record
from tests.support.live_totals import expected, purchases, totals


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
