"""What the ingest function puts on the stream, the live function can read: a bound of one is never stricter in the other."""

from __future__ import annotations

import json

import pytest

from lambdas.live.events import decode, fingerprint
from tests.support.shop_api import SERVER, VIEW, Shop

LARGEST = 2**31 - 1


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": LARGEST},
        {"event_type": "stock", "quantity": LARGEST},
        {"event_type": "purchase", "items": [{"product_id": "mug", "quantity": LARGEST, "price": "99999999999999.9999"}] * 100},
        {"price": "99999999999999.9999", "quantity": LARGEST},
        {"price": 0, "quantity": 0},
        {"event_id": "x" * 128, "user_id": "ü" * 128, "product_id": "\u2028", "brand": "\x00", "category": "a > b"},
        {"event_time": "0001-01-01T00:00:00Z"},
        {"event_time": "9999-12-31T23:59:59.999999Z"},
        {"unknown": {"deep": [[[1e300, -0.0, None, True]]]}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_extreme_events_that_are_accepted_can_be_counted(fields):
    shop = Shop()
    status, answer = shop.post(json.dumps({**VIEW, **fields}), x_api_key=SERVER)
    assert (status, answer["accepted"]) == (202, 1)
    (stored,) = shop.stream.records
    (event,) = decode(stored.data)
    assert event.id == fingerprint(answer["results"][0]["event_id"])
