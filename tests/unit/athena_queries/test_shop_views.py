"""Views about sales, products, orders and stock: results worked out by hand from a few rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.athena_queries.conftest import Query

    Put = Callable[..., None]

MONDAY, TUESDAY, NEXT_MONDAY, FEBRUARY = (date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 13), date(2025, 2, 3))


def sale(day: date, gross: int, returned: int = 0, discount: int = 0, new_buyers: int = 0) -> dict[str, object]:
    amounts = {"gross_amount": gross, "returned_amount": returned, "discount_amount": discount}
    return {"date": day, "orders": 9, "buyers": 9, "new_buyers": new_buyers, **amounts} | {
        "net_amount": gross - returned - discount,
    }


def line(order: str, day: date, customer: str | None, gross: int, kind: str = "product") -> dict[str, object]:
    placed = {"order_id": order, "order_date": day, "ordered_at": datetime(2025, 1, 6), "customer_id": customer}
    return {**placed, "order_item_id": f"{order}{day}", "line_type": "sale", "item_kind": kind, "gross_amount": gross}


def test_orders_and_buyers_of_a_period_are_counted_once(put: Put, query: Query) -> None:
    # GIVEN one order of c1 on two days, one of c2 in each of two months, a gift to an unknown customer, and postage
    put(
        "sales_daily",
        [sale(MONDAY, 100, new_buyers=2), sale(TUESDAY, 50, discount=3), sale(NEXT_MONDAY, 0, returned=10), sale(FEBRUARY, 7)],
    )
    put("sales_daily", [sale(MONDAY, 9)], source="other")
    put(
        "fct_order_items",
        [
            line("o1", MONDAY, "c1", 60),
            line("o1", TUESDAY, "c1", 50),
            line("o2", MONDAY, "c2", 40),
            line("gift", TUESDAY, None, 0),
            line("post", TUESDAY, "c3", 5, "shipping"),
            line("o3", FEBRUARY, "c2", 7),
        ],
    )
    # THEN
    columns = "orders, paid_orders, buyers, discount_amount, net_amount, average_order_value"
    weeks = query(f"select week_start, {columns}, new_buyers from sales_weekly where source = ? order by 1", "tiny")
    assert weeks == [
        (MONDAY, 3, 2, 2, Decimal(3), Decimal(147), Decimal(75), 2),
        (NEXT_MONDAY, 0, 0, 0, Decimal(0), Decimal(-10), None, 0),
        (FEBRUARY, 1, 1, 1, Decimal(0), Decimal(7), Decimal(7), 0),
    ]
    months = query(f"select month_start, {columns} from sales_monthly where source = ? order by 1", "tiny")
    assert months == [
        (date(2025, 1, 1), 3, 2, 2, Decimal(3), Decimal(137), Decimal(75)),
        (date(2025, 2, 1), 1, 1, 1, Decimal(0), Decimal(7), Decimal(7)),
    ]
    # c2 is one buyer over all months; 157 / 3 orders that cost something; the day with returns alone is no day of sale.
    totals = query(f"select first_sale_date, last_sale_date, days, {columns} from sales_totals where source = ?", "tiny")
    assert totals == [(MONDAY, FEBRUARY, 4, 4, 3, 2, Decimal(3), Decimal(144), Decimal("52.3333"))]
    daily = query("select discount_amount, paid_orders from daily_purchases where source = ? and order_date = ?", "tiny", TUESDAY)
    assert daily == [(Decimal(3), None)]


def test_categories_have_rates_rank_and_margin_of_their_own_source(put: Put, query: Query) -> None:
    tea = {"level": "category", "category": "tea", "views": 50, "carts": 10, "purchases": 5, "net_amount": 20}
    mugs = {"level": "category", "category": "mugs", "views": 0, "carts": 0, "purchases": 0, "net_amount": 20}
    put("category_performance", [tea, mugs, {"level": "top_category", "category": "kitchen", "views": 50, "net_amount": 40}])
    put("dim_product", [{"product_id": "a", "category": "tea", "category_path": "kitchen > tea", "top_category": "kitchen"}])
    margins = [("category", "tea", 0.4), ("brand", "mugs", 0.9), ("top_category", "kitchen", 0.2)]
    put("margins", [dict(zip(("level", "name", "margin_rate"), row, strict=True)) for row in margins])
    put("margins", [{"level": "category", "name": "mugs", "margin_rate": 0.1}], source="other")

    rows = query(
        "select category, revenue_rank, view_to_cart_rate, view_to_purchase_rate, margin_rate from category_overview order by 2"
    )
    assert rows == [("mugs", 1, None, None, None), ("tea", 2, 0.2, 0.1, 0.4)]
    paths = query("select category, category_path, top_category from category_overview order by 1")
    assert paths == [("mugs", None, None), ("tea", "kitchen > tea", "kitchen")]
    assert query("select top_category, net_amount, margin_rate from top_category_overview") == [("kitchen", Decimal(40), 0.2)]


def test_a_pair_is_listed_once_under_its_names(put: Put, query: Query) -> None:
    pairs = [("purchase", "a", "b", 5.0), ("purchase", "b", "a", 5.0), ("purchase", "a", "c", 9.0), ("view", "a", "b", 1.0)]
    put("item_pairs", [{"kind": k, "product_id": p, "other_product_id": o, "llr": llr} for k, p, o, llr in pairs])
    put("dim_product", [{"product_id": "a", "product_name": "tea"}])

    assert query("select kind, pair_rank, product, other_product from product_pairs order by 1, 2") == [
        ("purchase", 1, "tea", "c"),
        ("purchase", 2, "tea", "b"),
        ("view", 1, "tea", "b"),
    ]


def test_bestsellers_break_ties_and_trending_is_ordered_by_items_gained(put: Put, query: Query) -> None:
    # GIVEN a: 30 now, 40 before (20 more than in a mean week); b: 12 now, none before; c: 40 now, 60 before (25 more)
    columns = ("product_id", "revenue_rank", "units_last_7_days", "units_prior_28_days", "trend_ratio", "is_trending")
    rows = [
        ("a", 1, 30, 40, 3.0, True),
        ("b", 1, 12, 0, None, True),
        ("c", 3, 40, 60, 2.67, True),
        ("d", None, 50, 200, 1.0, False),
    ]
    put("product_performance", [dict(zip(columns, row, strict=True)) for row in rows])
    put("dim_product", [{"product_id": "b", "product_name": "mug"}])

    assert query("select product, revenue_rank from bestsellers order by 2") == [("a", 1), ("mug", 2), ("c", 3)]
    trending = query("select product, trend_rank, mean_weekly_units_before, trend_ratio from trending_products order by 2")
    assert trending == [("c", 1, 15.0, 2.67), ("a", 2, 10.0, 3.0), ("mug", 3, 0.0, None)]


def test_the_most_urgent_alert_is_in_high_demand(put: Put, query: Query) -> None:
    columns = (
        "product_id",
        "stock",
        "needs_reorder",
        "is_high_demand",
        "days_of_cover",
        "demand_mean",
        "age_class",
        "stock_value",
    )
    rows = [
        ("a", 5, True, False, 1.0, 5.0, "fresh", 10),
        ("b", 5, True, True, 3.0, 2.0, "fresh", 10),
        ("c", 9, False, False, 9.0, 1.0, "dead", 90),
        ("d", None, None, False, None, 1.0, None, None),
    ]
    stock = [dict(zip(columns, row, strict=True)) for row in rows]
    put("inventory_status", [row | {"as_of": MONDAY, "is_high_demand_low_stock": row["product_id"] == "b"} for row in stock])

    assert query("select product, alert_rank from inventory_alerts order by 2") == [("b", 1), ("a", 2)]
    totals = "products_with_stock, reorder_products, urgent_products, dead_products, dead_stock_value"
    assert query(f"select {totals} from stock_totals") == [(3, 2, 1, 1, Decimal(90))]


def test_orders_count_sale_lines_only(put: Put, query: Query) -> None:
    columns = ("order_item_id", "order_id", "line_type", "item_kind", "product_id", "quantity", "gross_amount", "customer_id")
    lines = [
        ("1", "o1", "sale", "product", "a", 2, 20, "c1"),
        ("2", "o1", "sale", "product", "a", 1, 10, "c1"),
        ("3", "o1", "return", "product", "a", -1, 0, "c1"),
        ("4", "o2", "sale", "product", "b", 1, 0, None),
        ("5", "o1", "sale", "shipping", "POST", 1, 4, "c1"),
        ("6", "o3", "sale", "shipping", "POST", 1, 4, "c2"),
    ]
    placed = {"order_date": MONDAY, "ordered_at": datetime(2025, 1, 6), "currency": "GBP", "discount_amount": 1}
    put("fct_order_items", [dict(zip(columns, row, strict=True)) | placed for row in lines])

    orders = query(
        "select order_id, customer_id, order_date, units, gross_amount, discount_amount, is_paid from order_summary order by 1"
    )
    assert orders == [
        ("o1", "c1", MONDAY, 3, Decimal(30), Decimal(2), True),
        ("o2", None, MONDAY, 1, Decimal(0), Decimal(1), False),
    ]
    assert query("select order_id, product_id, units from order_products order by 1") == [("o1", "a", 3), ("o2", "b", 1)]
    assert query("select customer_id, orders, units, gross_amount from customer_orders") == [("c1", 1, 3, Decimal(30))]
    assert query("select currency from source_currency") == [("GBP",)]


def test_only_the_latest_profile_of_a_column_counts(put: Put, query: Query) -> None:
    profile = {"table_name": "events", "column_name": "price", "position": 3}
    put(
        "column_profile",
        [profile | {"is_latest": False, "psi": 0.1}, profile | {"is_latest": True, "psi": 0.5, "bins": {"null": 7}}],
    )

    assert query("select column_name, column_order, psi, bins from column_quality") == [("price", 3, 0.5, {"null": 7})]


def test_products_categories_and_brands_are_counted(put: Put, query: Query) -> None:
    put("dim_product", [{"product_id": "a", "category": "tea", "brand": "x"}, {"product_id": "b", "category": "tea"}])
    put(
        "fct_product_activity",
        [{"product_id": "a", "views": 3, "carts": 2, "removes": 1, "purchases": 1}, {"product_id": "b", "views": 1}],
    )
    put("dim_date", [{"date": MONDAY}, {"date": TUESDAY}])

    assert query("select products, categories, brands from catalog_totals") == [(2, 1, 1)]
    assert query("select views, carts, removes, purchases from activity_totals") == [(4, 2, 1, 1)]
    rates = "view_to_cart_rate, cart_to_purchase_rate, view_to_purchase_rate"
    assert query(f"select {rates} from activity_totals") == [(0.5, 0.5, 0.25)]
    assert query("select first_date, last_date, days from date_coverage") == [(MONDAY, TUESDAY, 2)]


def test_recent_sales_end_with_the_last_sale_and_are_compared_with_the_history_that_is_there(put: Put, query: Query) -> None:
    # GIVEN sales on the edges of 30 days to 3 February, of the 30 before, and of a year before; a return after the last sale
    days = {date(2025, 2, 3): 1, date(2025, 1, 5): 2, date(2025, 1, 4): 4, date(2024, 12, 6): 8, date(2024, 12, 5): 16}
    earlier = {date(2024, 2, 3): 32, date(2024, 1, 6): 64, date(2024, 1, 5): 128}
    put("sales_daily", [sale(day, gross) for day, gross in (days | earlier).items()] + [sale(date(2025, 3, 1), 0, returned=5)])
    put("sales_daily", [sale(day, gross) for day, gross in days.items()], source="young")
    put("fct_order_items", [line("o1", day, "c1", 1) for day in (date(2025, 2, 3), date(2025, 1, 5), date(2025, 1, 4))])
    # THEN one order on two days counts once, and a shop without last year has no such row
    columns = "period, from_date, to_date, orders, buyers, net_amount"
    assert query(f"select {columns} from recent_sales where source = 'tiny' order by from_date desc") == [
        ("last 30 days", date(2025, 1, 5), date(2025, 2, 3), 1, 1, Decimal(3)),
        ("30 days before", date(2024, 12, 6), date(2025, 1, 4), 1, 1, Decimal(12)),
        ("year before", date(2024, 1, 5), date(2024, 2, 3), 0, 0, Decimal(224)),
    ]
    assert query("select period, net_amount from recent_sales where source = 'young' order by 1") == [
        ("30 days before", Decimal(12)),
        ("last 30 days", Decimal(3)),
    ]


def test_a_period_cut_off_by_the_first_or_the_last_sale_is_not_complete(put: Put, query: Query) -> None:
    # GIVEN sales from Monday 6 January to Monday 3 February, and a return on the last of February
    put("sales_daily", [sale(MONDAY, 1), sale(NEXT_MONDAY, 1), sale(FEBRUARY, 1), sale(date(2025, 2, 28), 0, returned=1)])
    put("sales_daily", [sale(date(2025, 1, 1), 1), sale(date(2025, 1, 31), 1)], source="whole")

    weeks = query("select week_start, is_complete from sales_weekly where source = 'tiny' order by 1")
    assert weeks == [(MONDAY, True), (NEXT_MONDAY, True), (FEBRUARY, False), (date(2025, 2, 24), False)]
    months = query("select source, month_start, is_complete from sales_monthly order by 1, 2")
    assert months == [
        ("tiny", date(2025, 1, 1), False),
        ("tiny", date(2025, 2, 1), False),
        ("whole", date(2025, 1, 1), True),
    ]
