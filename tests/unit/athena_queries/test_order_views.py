"""Views and reports about orders: returns and discounts count in revenue, but are no orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from athena_queries.named_queries import report_sql
from athena_queries.parameters import fill_texts
from offline.athena import open_lake

if TYPE_CHECKING:
    from tests.unit.athena_queries.conftest import Query

    Put = Callable[..., None]

MONDAY, TUESDAY = date(2025, 1, 6), date(2025, 1, 7)
MONEY = ("gross_amount", "returned_amount", "discount_amount")


def line(number: int, kind: str, *, item: str = "product", net: int, product: str = "mug") -> dict[str, object]:
    names = {"order_item_id": str(number), "order_id": f"o{number}", "customer_id": "ann", "product_id": product}
    return names | {"line_type": kind, "item_kind": item, "quantity": 1 if net > 0 else -1, "net_amount": net} | {
        "discount_amount": -net if item == "discount" else 0, "ordered_at": datetime(2025, 1, 6), "order_date": MONDAY,
    }  # fmt: skip


def test_order_lines_have_the_discounts_that_no_product_takes(put: Put, query: Query) -> None:
    # GIVEN a sale, a return, a credit note of 2, a discount that was spread, shipping, and a planned order
    put(
        "fct_order_items",
        [
            line(1, "sale", net=10),
            line(2, "return", net=-4),
            line(3, "return", item="discount", net=-2, product="D"),
            line(4, "sale", item="discount", net=0, product="CODE"),
            line(5, "sale", item="shipping", net=6, product="POST"),
            line(6, "future", net=0),
        ],
    )
    # THEN the credit note is a line of its own kind, without items
    rows = query("select order_id, line_type, quantity, net_amount from order_lines order by 1")
    assert rows == [("o1", "sale", 1, Decimal(10)), ("o2", "return", -1, Decimal(-4)), ("o3", "discount", 0, Decimal(-2))]


def test_credit_notes_are_no_orders_and_no_customers_of_a_country(put: Put, folders: dict[str, Path]) -> None:
    # GIVEN ann's order of 30 in two categories, her credit notes, and bob, who only sent goods back that he bought before
    def row(order: str, customer: str, sale_lines: int, *money: int, category: str = "cups") -> dict[str, object]:
        named = {"order_date": MONDAY, "order_id": order, "customer_id": customer, "category": category, "brand": "(none)"}
        return named | {"sale_lines": sale_lines, "units": sale_lines, **dict(zip(MONEY, money, strict=True)), "country": "Spain"}

    put(
        "order_daily",
        [
            row("o1", "ann", 1, 10, 0, 0),
            row("o1", "ann", 1, 20, 0, 1, category="pans"),
            row("c1", "ann", 0, 0, 5, 0),
            row("c2", "bob", 0, 0, 7, 0),
        ],
    )
    put("rfm", [{"customer_id": "ann", "segment": "Loyal"}])

    def answer(name: str) -> list[tuple[object, ...]]:
        days = [f"date '{day}'" for day in (MONDAY, TUESDAY)]
        with open_lake(folders) as lake:
            return lake.query(fill_texts(report_sql(name), days)).rows

    # THEN
    assert answer("sales_by_country") == [("tiny", "Spain", 1, 1, Decimal(17))]
    assert answer("best_customers_between") == [("tiny", 1, "ann", 1, Decimal(24)), ("tiny", 2, "bob", 0, Decimal(-7))]
    with open_lake(folders) as lake:
        orders = lake.query("select order_id, customer_segment, category, net_amount from daily_orders order by 1, 3").rows
    assert orders == [
        ("c1", "Loyal", "cups", Decimal(-5)),
        ("c2", "(no segment)", "cups", Decimal(-7)),
        ("o1", "Loyal", "cups", Decimal(10)),
        ("o1", "Loyal", "pans", Decimal(19)),
    ]
