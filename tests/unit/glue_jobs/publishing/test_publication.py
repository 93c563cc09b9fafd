"""Versions of published documents, against DynamoDB in moto."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from contracts.errors import PlatformError
from glue_jobs.lib.publishing.publication import KEEP_SECONDS, REMOVED_SECONDS, Publication
from lambdas.common.table import Table
from lambdas.serving.published import BUCKETS, CUSTOMER, Published, bucket, partition
from tests.support.live import Faulty, KilledError, create_table, dynamodb_in_moto

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def dynamodb():
    with pytest.MonkeyPatch.context() as patch, dynamodb_in_moto(patch) as client:
        yield client


@pytest.fixture
def table(dynamodb):
    return create_table(dynamodb)


def publish(table, documents, *, source="shop", now=NOW):
    """Publishes customers: id -> any content. Returns the counts."""
    publication = Publication(table, source, clock=lambda: now)
    for number in sorted({*map(bucket, documents), *range(BUCKETS)} if publication.current else set(map(bucket, documents))):
        texts = {key: json.dumps({"v": value}) for key, value in documents.items() if bucket(key) == number}
        publication.compare(CUSTOMER, number, texts)
    publication.switch(as_of="2026-11-26")
    counts = publication.counts
    return counts.written, counts.unchanged, counts.removed


def visible(table, *ids, source="shop", now=NOW):
    """What a reader sees of these ids."""
    reader = Published(table, clock=lambda: now)
    pointer = reader.pointer(source)
    contents = {item_id: reader.data(CUSTOMER, source, item_id, version=pointer["version"]) for item_id in ids} if pointer else {}
    return {item_id: content["v"] for item_id, content in contents.items() if content is not None}


def stored(table, item_id, source="shop"):
    """The id's items, oldest first: version, and whether it expires."""
    items = table.query(partition(CUSTOMER, source, bucket(item_id)))
    return [(item["version"], item.get("expires_at")) for item in items if item["id"] == item_id]


def test_a_second_publish_writes_only_what_changed(table):
    assert publish(table, {"a": 1, "b": 2, "c": 3}) == (3, 0, 0)
    calls = Counter()

    def count(operation):
        calls[operation] += 1

    # WHEN b changes, c goes and d comes
    counted = Table(table.name, Faulty(table.dynamodb, before=count))
    assert publish(counted, {"a": 1, "b": 20, "d": 4}) == (2, 1, 1)
    # THEN two puts and a mark of removal in at most a call per bucket, one pointer, two expiry times
    assert calls["put_item"] == 1
    assert calls["update_item"] == 2
    assert calls["batch_write_item"] == len({bucket(key) for key in "bcd"})
    assert visible(table, *"abcd") == {"a": 1, "b": 20, "d": 4}
    assert stored(table, "a") == [(1, None)]
    assert stored(table, "b") == [(1, NOW + KEEP_SECONDS), (2, None)]
    assert stored(table, "c") == [(1, NOW + KEEP_SECONDS), (2, NOW + REMOVED_SECONDS)]
    # AND a third one without changes writes the pointer only, and keeps the version
    calls.clear()
    assert publish(counted, {"a": 1, "b": 20, "d": 4}) == (0, 3, 0)
    assert {name: calls[name] for name in calls if name != "query"} == {"get_item": 1, "put_item": 1}
    assert Published(table).pointer("shop")["version"] == 2


@pytest.mark.parametrize("calls", [0, 1, 2, 3])
def test_nothing_of_a_publish_that_died_half_way_is_visible(table, calls):
    # GIVEN the second publish dies before its n-th write
    publish(table, {"a": 1, "b": 2, "c": 3})
    left = [calls]

    def die(operation):
        if operation in {"batch_write_item", "put_item"}:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

    with pytest.raises(KilledError):
        publish(Table(table.name, Faulty(table.dynamodb, before=die)), {"a": 10, "b": 20, "d": 4})
    # THEN readers see the first one
    assert visible(table, *"abcd") == {"a": 1, "b": 2, "c": 3}
    # WHEN another publish follows, with other content: a as it was, b as the dead one had it
    publish(table, {"a": 1, "b": 20, "c": 30})
    # THEN nothing of the dead one remains
    assert visible(table, *"abcd") == {"a": 1, "b": 20, "c": 30}
    assert stored(table, "a") == [(1, None)]
    assert stored(table, "d") == []


def test_a_publish_that_died_after_the_switch_is_complete_and_the_next_one_cleans_up(table):
    publish(table, {"a": 1})

    def die(operation):
        if operation == "update_item":
            raise KilledError

    with pytest.raises(KilledError):
        publish(Table(table.name, Faulty(table.dynamodb, before=die)), {"a": 2})
    assert visible(table, "a") == {"a": 2}
    assert stored(table, "a") == [(1, None), (2, None)]
    # WHEN
    publish(table, {"a": 2})
    # THEN
    assert stored(table, "a") == [(1, NOW + KEEP_SECONDS), (2, None)]


def test_a_removed_document_stays_away_whatever_expires_first(table):
    publish(table, {"a": 1, "b": 1})
    publish(table, {"b": 1})
    assert visible(table, "a") == {}
    # GIVEN DynamoDB has deleted the mark of removal, but not yet what it hid
    items = list(table.query(partition(CUSTOMER, "shop", bucket("a"))))
    mark = next(item for item in items if item["id"] == "a" and item["version"] == 2)
    key = {name: {"S": mark[name]} for name in ("pk", "sk")}
    table.dynamodb.delete_item(TableName=table.name, Key=key)
    assert visible(table, "a", now=NOW + REMOVED_SECONDS + 1) == {}
    # AND it can come back
    publish(table, {"a": 1, "b": 1}, now=NOW + REMOVED_SECONDS + 1)
    assert visible(table, "a", now=NOW + REMOVED_SECONDS + 1) == {"a": 1}


def test_sources_have_pointers_and_items_of_their_own(table):
    publish(table, {"a": 1}, source="one")
    publish(table, {"a": 2}, source="two")
    publish(table, {}, source="two")
    assert (visible(table, "a", source="one"), visible(table, "a", source="two")) == ({"a": 1}, {})
    assert Published(table).sources() == ["one", "two"]


def test_a_second_publish_at_the_same_time_is_refused(table):
    publish(table, {"a": 1})
    slow = Publication(table, "shop")
    slow.compare(CUSTOMER, bucket("a"), {"a": "3"})
    publish(table, {"a": 2})
    with pytest.raises(PlatformError, match="shop: another publish has finished meanwhile; run the job again"):
        slow.switch()
    assert visible(table, "a") == {"a": 2}


def test_what_dynamodb_does_not_take_at_once_is_sent_again(table, monkeypatch):
    # GIVEN DynamoDB leaves all but one item of a call unprocessed
    monkeypatch.setattr("time.sleep", lambda _: None)

    class Busy(Faulty):
        def batch_write_item(self, RequestItems):  # noqa: N803 - boto3 calls it so
            (name, requests) = next(iter(RequestItems.items()))
            table.dynamodb.batch_write_item(RequestItems={name: requests[:1]})
            return {"UnprocessedItems": {name: requests[1:]} if requests[1:] else {}}

    ids = [key for key in map(str, range(1000)) if bucket(key) == 7][:5]
    publish(Table(table.name, Busy(table.dynamodb)), dict.fromkeys(ids, 1))
    assert visible(table, *ids) == dict.fromkeys(ids, 1)
