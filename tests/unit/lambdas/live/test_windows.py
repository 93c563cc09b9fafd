"""What is counted, where: expected values by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lambdas.live import health, metrics
from tests.support.live import TEN, invocation, line, live, record


def windows(table, *, seconds=10, since=TEN - timedelta(hours=1), until=TEN + timedelta(hours=1)):
    return metrics.read(table, seconds=seconds, since=since, until=until)


def test_counts_and_values_by_type_brand_category_and_product(table):
    # GIVEN 3 views and a purchase of two products in the first ten seconds, a refund in the next
    mug = {"product_id": "mug", "brand": "Acme", "category": "kitchen.mugs"}
    events = [
        line(1, at=1, user_id="u1", session_id="s1", price="4.50", **mug),
        line(2, at=2, user_id="u2", session_id="s2", **mug),
        line(3, at=9.999, user_id="u1", session_id="s1", product_id="pan", category="kitchen.pans"),
        line(
            4,
            "purchase",
            at=5,
            user_id="u1",
            session_id="s1",
            order_id="o1",
            items=[
                {"product_id": "mug", "quantity": 2, "price": "4.50"},
                {"product_id": "pan", "quantity": 1, "price": "0.0001"},
            ],
        ),
        line(5, "refund", at=10, product_id="mug", price="4.50", quantity=None),
    ]
    # WHEN
    assert live(table).handle(invocation(record(1, *events))) == {"batchItemFailures": []}
    # THEN
    first, second = windows(table)
    assert (first.start, second.start) == (TEN, TEN + timedelta(seconds=10))
    assert first.total.counts == {"view": 3, "purchase": 1}
    assert first.total.values == {"purchase": Decimal("9.0001")}
    assert first.total.revenue == Decimal("9.0001")
    assert (first.active_users.count, first.active_sessions.count, str(first.active_users)) == (2, 2, "2")
    assert first.brands["Acme"].counts == {"view": 2}
    assert first.categories["kitchen"].counts == {"view": 3}
    assert first.products["mug"].counts == {"view": 2, "purchase": 1}
    assert first.products["mug"].values == {"purchase": Decimal("9.0000")}
    assert second.total.values == {"refund": Decimal("4.5000")}
    # AND the minute is their sum
    (minute,) = windows(table, seconds=60)
    assert minute.total.counts == {"view": 3, "purchase": 1, "refund": 1}
    assert [name for name, _ in metrics.top_products([minute])] == ["mug", "pan"]
    assert [name for name, _ in metrics.top_products([minute], by="revenue")] == ["mug", "pan"]


def test_the_funnel_counts_sessions_that_took_the_steps_in_order(table):
    # GIVEN a: view, cart, purchase; b: view, cart after the purchase; c: cart before the view; d: purchase only
    steps = {"a": ("view", "cart", "purchase"), "b": ("view", "purchase", "cart"), "c": ("cart", "view"), "d": ("purchase",)}
    batch = live(table)
    number = 0
    for session, kinds in steps.items():
        for second, kind in enumerate(kinds):
            number += 1
            # each event in a batch of its own, four of them in another stored window of the minute
            batch.handle(invocation(record(number, line(number, kind, at=9 + second, session_id=session))))
    # THEN
    (minute,) = windows(table, seconds=60)
    assert minute.funnel == metrics.Funnel(view=3, cart=2, purchase=1)


@pytest.mark.parametrize(
    ("at", "place"),
    [(-300, "total"), (-300.001, "late"), (-3 * 86_400, "late"), (300, "total"), (300.001, "ahead"), (86_400 * 365, "ahead")],
)
def test_an_event_is_in_its_window_or_late_or_ahead_where_it_was_received(table, at, place):
    # GIVEN an allowed lateness of 300 s, and an event received at ten
    live(table).handle(invocation(record(1, line(1, "purchase", at=at, received=0, price="2"))))
    # THEN
    (window,) = windows(table)
    assert {name: getattr(window, name).events for name in ("total", "late", "ahead")} == {"total": 0, "late": 0, "ahead": 0} | {
        place: 1
    }
    assert getattr(window, place).values == {"purchase": Decimal("2.0000")}
    assert window.start == (TEN + timedelta(seconds=at // 10 * 10) if place == "total" else TEN)


def test_users_of_two_shards_are_counted_once(table):
    batch = live(table)
    batch.handle(invocation(record(1, line(1, user_id="u"))))
    batch.handle(invocation(record(1, line(2, user_id="u"), shard="shardId-000000000001")))
    (window,) = windows(table)
    assert (window.total.events, window.active_users.count) == (2, 1)


def test_more_users_than_the_bound_are_at_least_so_many(table, monkeypatch):
    monkeypatch.setattr(metrics, "EXACT_UP_TO", 2)
    live(table).handle(invocation(record(1, *[line(n, user_id=f"u{n}", session_id="s") for n in range(3)])))
    (window,) = windows(table)
    assert (str(window.active_users), str(window.active_sessions)) == ("at least 2", "1")


def test_warnings_have_a_count_and_a_sample_without_personal_data(table):
    # GIVEN a late event, a bot, and an event that was sent twice
    events = [line(1, at=-400, received=0, user_id="jane"), line(2, flags=["bot"]), line(2, flags=["bot"])]
    live(table).handle(invocation(record(1, *events)))
    # THEN
    found = health.warnings(table, TEN.date())
    assert {code: count for code, (count, _) in found.items()} == {"bot": 1, "duplicate": 1, "late": 1}
    assert found["late"][1] == "view, 400 s before it was received"
    (window,) = windows(table)
    assert (window.bots, window.duplicates, window.warnings) == (1, 1, 2)


def test_a_size_that_is_no_multiple_of_the_stored_windows_is_refused(table):
    live(table).handle(invocation(record(1, line(1))))
    with pytest.raises(metrics.UnknownWindowError, match="windows of 15 seconds: expected a multiple of 10"):
        windows(table, seconds=15)


def test_an_empty_table_has_no_windows(table):
    assert windows(table) == []
    assert health.last_arrival(table) is None
