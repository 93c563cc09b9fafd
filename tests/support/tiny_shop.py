"""A shop of a few orders, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.tables import write_rows

# order, day, line type, product, customer, quantity, amount. Order o2 has lines on two days.
LINES = (
    ("o0", date(2025, 2, 27), "sale", "mug", "ann", 1, "50.00"),
    ("o1", date(2025, 3, 1), "sale", "mug", "ann", 2, "10.00"),
    ("o2", date(2025, 3, 1), "sale", "mug", "bob", 1, "5.00"),
    ("o2", date(2025, 3, 2), "sale", "pan", "bob", 1, "40.00"),
    ("o3", date(2025, 3, 4), "sale", "gift", None, 1, "0.00"),
    ("r1", date(2025, 3, 4), "return", "pan", "bob", -1, "40.00"),
)
PRODUCTS = (("mug", "=Mug", "kitchen.cups", "acme"), ("pan", "Pan", "kitchen.pans", None), ("gift", "Gift", None, None))


def line(number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    order, day, kind, product, customer, quantity, amount = row
    value = Decimal(amount)
    sold, returned = (value, Decimal(0)) if kind == "sale" else (Decimal(0), value)
    return {
        "order_item_id": f"i{number}", "order_id": order, "line_type": kind, "item_kind": "product", "product_id": product,
        "period": f"{day:%Y-%m}", "quantity": quantity, "customer_id": customer, "country": "Spain", "currency": "EUR",
        "ordered_at": datetime(day.year, day.month, day.day, 12), "order_date": day,
        "gross_amount": sold, "returned_amount": returned, "discount_amount": Decimal(0), "net_amount": sold - returned,
    }  # fmt: skip


def order_row(row: tuple[Any, ...]) -> dict[str, Any]:
    """What order_daily has for a line: no two lines are of one order, day and product."""
    order, day, kind, product, customer, quantity, amount = row
    category, brand = next((known[2], known[3]) for known in PRODUCTS if known[0] == product)
    sold, returned = (amount, "0") if kind == "sale" else ("0", amount)
    return {
        "order_date": day, "order_id": order, "customer_id": customer, "country": "Spain", "period": f"{day:%Y-%m}",
        "category": category or "(none)", "brand": brand or "(none)",
        "sale_lines": int(kind == "sale"), "units": max(quantity, 0),
        "gross_amount": Decimal(sold), "returned_amount": Decimal(returned), "discount_amount": Decimal(0),
    }  # fmt: skip


def write_shop(zones: Mapping[str, Path]) -> None:
    """Write its curated tables as source `tiny`; `zones` maps a zone to its folder."""
    write_rows(zones, "fct_order_items", [line(number, row) for number, row in enumerate(LINES)])
    write_rows(zones, "order_daily", [order_row(row) for row in LINES])
    products = [dict(zip(("product_id", "product_name", "category", "brand"), row, strict=True)) for row in PRODUCTS]
    write_rows(zones, "dim_product", products)
    write_rows(
        zones,
        "dim_date",
        [{"date": date(2025, 2, day)} for day in range(20, 29)] + [{"date": date(2025, 3, day)} for day in range(1, 5)],
    )
    sale_days = sorted({row[1] for row in LINES})
    write_rows(zones, "sales_daily", [{"date": day, "gross_amount": Decimal(1), "net_amount": Decimal(1)} for day in sale_days])
    write_rows(zones, "rfm", [{"customer_id": "ann", "segment": "Champions"}, {"customer_id": "bob", "segment": "At Risk"}])
    write_rows(zones, "dim_customer", [{"customer_id": "ann", "orders": 2, "net_amount": Decimal(60)}])
    leaving = {"as_of": date(2025, 3, 4), "horizon_days": 30, "model_version": 2, "decile": 1}
    scores = [
        {"customer_id": "ann", "rank": 1, "churn_probability": 0.8, "reasons": ["last purchase 30 days ago raises the risk"]}
    ]
    scores += [{"customer_id": "bob", "rank": 2, "churn_probability": 0.3, "reasons": []}]
    write_rows(zones, "churn_scores", [leaving | row for row in scores])
    unusual = {"as_of": date(2025, 3, 4), "rank": 1, "is_alert": True}
    order = {"entity": "order", "entity_id": "o2", "amount": Decimal(45), "units": 2}
    order["reasons"] = ["paid far more than usual (1 in 90 orders)"]
    session = {"entity": "session", "entity_id": "s9", "reasons": ["many events (1 in 70 sessions)"]}
    write_rows(zones, "anomaly_scores", [unusual | order, unusual | session])
    categories = ("kitchen.cups", "kitchen.pans", "(none)")
    write_rows(
        zones, "category_performance", [{"level": "category", "category": name, "net_amount": Decimal(1)} for name in categories]
    )
