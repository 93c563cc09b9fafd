"""Everything planted in the generated shop is in its files, as the ground truth states."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal

import pytest

from offline.generator import generate
from tests.unit.offline.generator.generated_files import gross, instant, read


def test_traffic_has_weekly_and_daily_patterns_and_growth(tmp_path):
    truth = generate(tmp_path, days=28, users=300, events_per_day=1000, bad_rows=False, layout="rees46")
    times = [instant(event["event_time"]) for event in read(tmp_path, "events").rows]
    weekend = sum(time.weekday() >= 5 for time in times) / 2
    assert weekend > 1.1 * (len(times) - 2 * weekend) / 5
    evening, night = (sum(time.hour in hours for time in times) for hours in ((19, 20, 21), (2, 3, 4)))
    assert evening > 5 * night
    weeks = [sum(day.events for day in truth.daily[start : start + 7]) for start in (0, 7, 14, 21)]
    assert weeks == sorted(weeks)
    assert weeks[3] > 1.2 * weeks[0]


def test_segments_differ_and_are_listed_per_user(shop):
    out, truth = shop
    with (out / "truth_users.csv").open(encoding="utf-8", newline="") as file:
        users = {row["user_id"]: row for row in csv.DictReader(file)}
    spent, orders = defaultdict(Decimal), defaultdict(set)
    for line in read(out, "order_lines").rows:
        if line["line_type"] == "sale" and line["customer_id"]:
            spent[line["customer_id"]] += int(line["quantity"]) * Decimal(line["unit_price"])
            orders[line["customer_id"]].add(line["order_id"])
    for name, row in users.items():
        assert (int(row["orders"]), Decimal(row["gross"])) == (len(orders[name]), spent[name])
    assert len(users) == 400

    def per_buyer(name):
        segment = truth.segments[name]
        return segment.orders / segment.buyers, Decimal(segment.gross) / segment.orders

    assert per_buyer("one_off")[0] == 1
    assert per_buyer("champions")[0] > 1.7 * per_buyer("loyal")[0] > 1.7 * per_buyer("one_off")[0]
    assert per_buyer("champions")[1] > per_buyer("loyal")[1] > per_buyer("bargain")[1]


def test_churned_users_do_not_return(shop):
    out, truth = shop
    with (out / "truth_users.csv").open(encoding="utf-8", newline="") as file:
        left = {row["user_id"]: row["churned_on"] for row in csv.DictReader(file) if row["churned_on"]}
    # A last session may go on past midnight, so it is its start that counts.
    starts: dict[str, tuple[str, str]] = {}
    for event in sorted(read(out, "events").rows, key=lambda event: event["event_time"]):
        starts.setdefault(event["session_id"], (event["user_id"], event["event_time"][:10]))
    assert all(day < left[user] for user, day in starts.values() if user in left)
    assert sum(segment.churned_users for segment in truth.segments.values()) == len(left) > 0


def test_planted_pairs_are_bought_together(shop):
    out, truth = shop
    orders = defaultdict(set)
    for line in read(out, "order_lines").rows:
        if line["line_type"] == "sale":
            orders[line["order_id"]].add(line["product_id"])
    for pair in truth.pairs:
        assert pair.anchor_orders == sum(pair.anchor in order for order in orders.values())
        assert pair.companion_orders == sum(pair.companion in order for order in orders.values())
        assert pair.orders_together == sum({pair.anchor, pair.companion} <= order for order in orders.values())
    together = sum(pair.orders_together for pair in truth.pairs)
    assert together / sum(pair.anchor_orders for pair in truth.pairs) == pytest.approx(0.6, abs=0.15)
    assert together / len(orders) == pytest.approx(sum(pair.expected_support for pair in truth.pairs), rel=0.25)


def test_planted_fraud_is_a_burst_of_expensive_orders(shop):
    out, truth = shop
    lines = defaultdict(list)
    for line in read(out, "order_lines").rows:
        lines[line["order_id"]].append(line)
    usual = Decimal(truth.totals.gross) / truth.totals.orders
    for burst in truth.fraud:
        own = [line for order in burst.order_ids for line in lines[order]]
        times = sorted(instant(line["ordered_at"]) for line in own)
        assert {line["customer_id"] for line in own} == {burst.user_id}
        assert (times[-1] - times[0]).total_seconds() < 2 * 3600
        assert gross(own) == Decimal(burst.gross) > 3 * usual * burst.orders
        assert len(burst.order_ids) == burst.orders >= 3
    assert truth.fraud
