"""Whatever is delivered how often, in which pieces and order, and wherever consumers die: the plain sum of distinct events."""

from __future__ import annotations

import json
import random
from base64 import b64decode
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from lambdas.common.table import Table
from lambdas.live import commit, keys, metrics
from tests.support.live import TEN, Faulty, KilledError, create_table, invocation, line, live, record

KINDS = ("view", "cart", "purchase", "refund")


def stream(chance):
    """Records of a shard: packs of events, some of which a producer sent again in a later record."""
    events = [
        line(
            number,
            chance.choice(KINDS),
            at=chance.choice([0, 5, 12, 61, -1000, 900]),
            received=chance.choice([0, 30]),
            user_id=chance.choice(["u", "v"]),
            session_id=chance.choice("st"),
            brand=chance.choice(["Acme", "Öre"]),
            price=chance.choice(["0.1", "2.50", "3"]),
        )
        for number in range(chance.randint(1, 14))
    ]
    packs = [chance.sample(events, chance.randint(1, min(4, len(events)))) for _ in range(chance.randint(1, 10))]
    return [record(100 + 7 * place, *pack) for place, pack in enumerate(packs)]


def deliveries(records, chance):
    """Contiguous pieces that together deliver every record: cut in another way, in any order of four pieces, and some twice."""
    cuts = sorted(chance.sample(range(1, len(records)), chance.randint(0, min(3, len(records) - 1))))
    pieces = [records[first:last] for first, last in zip([0, *cuts], [*cuts, len(records)], strict=True)]
    chance.shuffle(pieces)
    for piece in pieces:
        yield from [piece] * chance.randint(1, 2)
    yield records  # all of it again


def deliver(table, piece, chance):
    """Delivers until it succeeds; a consumer may die at any call, before or after it."""
    while True:
        left = [chance.choice([0, 1, 2, 3, 5, 8, 1000])]

        def die(_, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

        faulty = Faulty(table.dynamodb, **{chance.choice(["before", "after"]): die})
        try:
            assert live(Table(table.name, faulty)).handle(invocation(*piece)) == {"batchItemFailures": []}
        except KilledError:
            continue
        if chance.random() < 0.7:
            return


def recount(records):
    """The independent count: distinct ids, a few lines."""
    distinct = {}
    for one in records:
        for text in b64decode(one["kinesis"]["data"]).decode().splitlines():
            event = json.loads(text)
            distinct.setdefault(event["event_id"], event)
    counts, values, customers = Counter(), Counter(), Counter()
    for event in distinct.values():
        counts[event["event_type"]] += 1
        values[event["event_type"]] += Decimal(event["price"]) if event["event_type"] != "view" else 0
        customers[event["user_id"]] += event["event_type"] == "purchase"
    return +counts, +values, +customers


def live_count(table):
    day = timedelta(days=1)
    tallies = metrics.total(metrics.read(table, seconds=60, since=TEN - day, until=TEN + day))
    both = metrics.tally_sum(tallies)
    features = {user: table.get(keys.customer(user), "live") for user in "uv"}
    customers = Counter({user: item["purchases"] for user, item in features.items() if item})
    return Counter(both.counts), Counter({kind: value for kind, value in both.values.items() if value}), +customers


@pytest.mark.parametrize("seed", [*range(4), *[pytest.param(n, marks=pytest.mark.full) for n in range(4, 40)]])
def test_any_interleaving_gives_the_plain_sum(table, monkeypatch, seed):
    # GIVEN half of the runs have transactions so small that most batches need two phases
    chance = random.Random(seed)
    if seed % 2:
        monkeypatch.setattr(commit, "MAX_ACTIONS", 4)
    for _ in range(3):
        fresh = create_table(table.dynamodb)
        records = stream(chance)
        # WHEN
        for piece in deliveries(records, chance):
            deliver(fresh, piece, chance)
        # THEN
        assert live_count(fresh) == recount(records)
