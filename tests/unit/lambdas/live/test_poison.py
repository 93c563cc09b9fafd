"""Records that the live function cannot read: they alone are given up."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal

import pytest

from lambdas.live import health
from lambdas.live.batch import UnreadableRecordError
from tests.support.live import TEN, invocation, live, record
from tests.support.live_totals import expected, purchases, totals


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
