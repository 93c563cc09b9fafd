"""What is unusual is written to the table and sent once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lambdas.live import health, signals
from lambdas.live.metrics import Tally, Window
from tests.support.live import TEN, Topic, invocation, line, live, record


def minute(number, *, purchases=10, views=100, warnings=0):
    total = Tally(counts={"view": views, "purchase": purchases}, values={"purchase": Decimal(purchases * 5)})
    return Window(start=TEN + timedelta(minutes=number), seconds=60, total=total, warnings=warnings)


def test_robust_z_by_hand():
    # median 10; deviations 2, 1, 0, 1, 2 -> median 1 -> sigma 1.4826; (17.413 - 10) / 1.4826 = 5
    assert signals.robust_z(17.413, [8, 9, 10, 11, 12], floor=0.1) == pytest.approx(5.0)
    # a flat history has no spread: the floor counts
    assert signals.robust_z(12, [10, 10, 10], floor=2) == 1.0


@pytest.mark.parametrize(
    ("last", "codes"),
    [
        ({}, []),
        ({"purchases": 0}, ["revenue", "funnel"]),
        ({"purchases": 40}, ["revenue", "funnel"]),
        ({"warnings": 30}, ["errors"]),
        ({"purchases": 10, "views": 105}, []),
    ],
)
def test_a_minute_is_compared_with_the_hour_before(last, codes):
    windows = [*[minute(n, purchases=9 + n % 3) for n in range(30)], minute(30, **last)]
    begin = int(TEN.timestamp())
    assert [signal.code for signal in signals.of_minute(windows, first=begin, minute=begin + 1800)] == codes


def test_with_less_than_20_minutes_of_history_nothing_is_unusual():
    windows = [*[minute(n) for n in range(19)], minute(19, purchases=0)]
    assert signals.of_minute(windows, first=int(TEN.timestamp()), minute=int(TEN.timestamp()) + 19 * 60) == []


def test_a_customer_that_acts_too_fast_is_reported_once_in_a_quarter_of_an_hour(table):
    topic = Topic()
    batch = live(table, topic=topic)
    for number, at in enumerate((0, 60, 840, 960), start=1):
        refunds = [line(f"{number}-{n}", "refund", at=at, user_id="u", price="1") for n in range(3)]
        batch.handle(invocation(record(number, *refunds, arrival=at)))
    assert topic.messages == ["customer u: 3 refunds within a minute."] * 2
    assert [alert["code"] for alert in health.alerts(table, TEN.date())] == ["velocity_refunds"] * 2


def test_checkouts_without_a_purchase(table):
    topic = Topic()
    checkouts = [line(n, "checkout", user_id="u") for n in range(5)]
    live(table, topic=topic).handle(invocation(record(1, *checkouts)))
    assert topic.messages == ["customer u: 5 checkouts without a purchase."]


@pytest.mark.parametrize(("views", "quantity", "sent"), [(20, 0, 1), (19, 0, 0), (20, 1, 0)])
def test_a_product_in_demand_that_runs_out(table, views, quantity, sent):
    topic = Topic()
    batch = live(table, topic=topic)
    batch.handle(invocation(record(1, *[line(n, product_id="mug") for n in range(views)])))
    batch.handle(invocation(record(2, line("s", "stock", at=5, product_id="mug", quantity=quantity), arrival=5)))
    assert topic.messages == ["product mug: out of stock, with 20 views and carts in the last 10 minutes."] * sent


def test_a_topic_that_fails_does_not_fail_the_batch(table):
    class Broken(Topic):
        def publish(self, **_):
            raise RuntimeError

    checkouts = [line(n, "checkout", user_id="u") for n in range(5)]
    assert live(table, topic=Broken()).handle(invocation(record(1, *checkouts))) == {"batchItemFailures": []}
