"""The four exports of the generated shop are consistent: purchases, returns, prices, stock, customers, sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from tests.unit.offline.generator.generated_files import gross, read


def test_purchases_are_the_sale_lines(shop):
    out, _ = shop
    as_events = [
        (e["event_time"], e["session_id"], e["product_id"], e["quantity"], e["price"], e["user_id"])
        for e in read(out, "events").rows
        if e["event_type"] == "purchase"
    ]
    as_lines = [
        (r["ordered_at"], r["session_id"], r["product_id"], r["quantity"], r["unit_price"], r["customer_id"])
        for r in read(out, "order_lines").rows
        if r["line_type"] == "sale"
    ]
    assert sorted(as_events) == sorted(as_lines)


def test_a_return_is_later_and_at_most_the_sold_quantity_at_its_price(shop):
    out, truth = shop
    lines = read(out, "order_lines").rows
    sold = {(line["order_id"], line["line_no"]): line for line in lines if line["line_type"] == "sale"}
    returns = [line for line in lines if line["line_type"] == "return"]
    for back in returns:
        sale = sold[back["order_id"].split("-R")[0], back["line_no"]]
        assert back["order_id"] == f"{sale['order_id']}-R{sale['line_no']}"
        assert 1 <= -int(back["quantity"]) <= int(sale["quantity"])
        assert [back[name] for name in ("product_id", "unit_price", "customer_id")] == [
            sale[name] for name in ("product_id", "unit_price", "customer_id")
        ]
        assert back["ordered_at"][:10] > sale["ordered_at"][:10]
    assert 0.01 < len(returns) / truth.totals.sale_lines < 0.1


def test_prices_and_stock_match_the_product_export(shop):
    out, _ = shop
    price, stock, sold = {}, {}, defaultdict(int)
    rows = sorted(
        [(row["updated_at"], 0, row) for row in read(out, "products").rows]
        + [(row["event_time"], 1, row) for row in read(out, "events").rows],
        key=lambda entry: entry[:2],
    )
    changes = restocks = 0
    for _, is_event, row in rows:
        product = row["product_id"]
        if is_event:
            assert row["price"] == price[product]
            sold[product] += int(row["quantity"]) if row["event_type"] == "purchase" else 0
            continue
        assert Decimal(row["list_price"]) > Decimal(row["unit_cost"])
        assert int(row["stock"]) >= stock.get(product, int(row["stock"])) - sold[product], "units leave by sale only"
        changes += price.get(product, row["list_price"]) != row["list_price"]
        restocks += product in stock and int(row["stock"]) > stock[product] - sold[product]
        price[product], stock[product], sold[product] = row["list_price"], int(row["stock"]), 0
    assert changes > 0 < restocks


def test_customers_register_before_their_first_event_and_some_move(shop):
    out, truth = shop
    rows = read(out, "customers").rows
    registered = {row["customer_id"]: row["registered_at"] for row in rows}
    countries = defaultdict(set)
    for row in rows:
        countries[row["customer_id"]].add(row["country"])
    for event in read(out, "events").rows:
        assert not event["user_id"] or registered[event["user_id"]] <= event["event_time"]
    for line in read(out, "order_lines").rows:
        assert not line["customer_id"] or line["country"] in countries[line["customer_id"]]
    assert truth.totals.customers == len(registered)
    assert truth.totals.products == len({row["product_id"] for row in read(out, "products").rows})


@pytest.mark.parametrize(
    ("source", "session", "product"),
    [
        ("shop", "session_id", "product_id"),
        ("rees46", "user_session", "product_id"),
    ],
)
def test_sessions_go_from_view_to_cart_to_purchase(request, source, session, product):
    out, truth = request.getfixturevalue(source)
    journeys = defaultdict(list)
    for event in sorted(read(out, "events").rows, key=lambda event: event["event_time"]):
        journeys[event[session]].append(event)
    for events in journeys.values():
        assert events[0]["event_type"] == "view"
        carted = set()
        for event in events:
            if event["event_type"] == "cart":
                carted.add(event[product])
            assert event["event_type"] in {"view", "cart"} or event[product] in carted
    kinds = [{event["event_type"] for event in events} for events in journeys.values()]
    assert truth.totals.sessions_carted == sum("cart" in kind for kind in kinds)
    assert truth.totals.sessions_bought == sum("purchase" in kind for kind in kinds)
    over = sum(events[0]["event_time"][:10] != events[-1]["event_time"][:10] for events in journeys.values())
    assert truth.totals.sessions_over_midnight == over > 0


def test_good_rows_of_rees46_are_distinct(rees46):
    out, truth = rees46
    assert truth.files["events"].good_rows == 21 * 600 == len(read(out, "events").rows)


def test_daily_totals_go_by_the_time_of_the_rows(shop):
    out, truth = shop
    events = Counter(event["event_time"][:10] for event in read(out, "events").rows)
    lines = defaultdict(list)
    for line in read(out, "order_lines").rows:
        lines[line["ordered_at"][:10], line["line_type"]].append(line)
    for day in truth.daily:
        sales, returns = lines[day.date, "sale"], lines[day.date, "return"]
        assert day.events == events[day.date]
        assert (day.orders, Decimal(day.gross)) == (len({line["order_id"] for line in sales}), gross(sales))
        assert (day.returned_units, Decimal(day.returned)) == (
            -sum(int(line["quantity"]) for line in returns),
            -gross(returns),
        )
    assert len(truth.daily) == 21
