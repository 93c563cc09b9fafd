"""Compare the marts with the ground truth of the generated shop, fact by fact."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from offline.athena import LakeQueries
from offline.console.render import money


@dataclass(frozen=True)
class Comparison:
    """One fact: what it is about, its ground truth and the value in the marts, as text."""

    fact: str
    expected: str
    actual: str

    @property
    def matches(self) -> bool:
        return self.expected == self.actual


def verify(lake: LakeQueries, source: str, folder: Path) -> list[Comparison]:
    """Compare all facts of the shop generated into `folder` with the views of `source`."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with (folder / "truth_users.csv").open(encoding="utf-8", newline="") as file:
        users = list(csv.DictReader(file))
    orders = lake.view("order_summary", source=source)
    return [
        *_counts(lake, source, truth["totals"], orders),
        *_amounts(lake, source, truth["totals"]),
        _days(truth["daily"], lake.view("daily_purchases", source=source)),
        _users(users, lake.view("customer_orders", source=source)),
        _fraud(truth["fraud"], orders),
        _pairs(truth["pairs"], lake.view("order_products", source=source)),
        *_quarantine(truth["files"], lake.report("quarantine_by_file_kind", source=source)),
    ]


def _counts(lake: LakeQueries, source: str, totals: dict[str, Any], orders: Sequence[dict[str, Any]]) -> Iterator[Comparison]:
    activity, sales, sessions, customers, catalog = (
        lake.view_row(name, source=source) or {}
        for name in ("activity_totals", "sales_totals", "session_totals", "customer_totals", "catalog_totals")
    )
    counts = (
        ("views", "views", activity.get("views")),
        ("carts", "carts", activity.get("carts")),
        ("removals from the cart", "removes", activity.get("removes")),
        ("purchases", "purchases", activity.get("purchases")),
        ("sessions", "sessions", sessions.get("sessions")),
        ("sessions with a cart", "sessions_carted", sessions.get("cart_sessions")),
        ("sessions with a purchase", "sessions_bought", sessions.get("purchase_sessions")),
        ("orders", "orders", len(orders)),
        ("buyers", "buyers", customers.get("customers")),
        ("products", "products", catalog.get("products")),
        ("units sold", "units", sales.get("units")),
    )
    for fact, name, actual in counts:
        yield Comparison(fact, f"{totals[name]:,}", f"{actual or 0:,}")


def _amounts(lake: LakeQueries, source: str, totals: dict[str, Any]) -> Iterator[Comparison]:
    sales = lake.view_row("sales_totals", source=source) or {}
    for name in ("gross", "returned", "net"):
        yield Comparison(f"{name}, to the cent", money(Decimal(totals[name])), _exact(sales.get(f"{name}_amount")))


def _exact(amount: Decimal | None) -> str:
    """Two decimals if the rest is zero, else all digits, so that a fraction of a cent shows."""
    amount = amount or Decimal(0)
    return money(amount) if amount == round(amount, 2) else f"{amount:,}"


def _days(expected: list[dict[str, Any]], days: list[dict[str, Any]]) -> Comparison:
    actual = {str(day["order_date"]): day for day in days}
    names = ("orders", "units", "gross_amount", "returned_amount")
    matches = sum(
        day["date"] in actual
        and (day["orders"], day["units"], Decimal(day["gross"]), Decimal(day["returned"]))
        == tuple(actual[day["date"]][name] for name in names)
        for day in expected
    )
    return Comparison("days with matching orders, units, gross and returns", f"{len(expected)}", f"{matches}")


def _users(expected: list[dict[str, str]], customers: list[dict[str, Any]]) -> Comparison:
    actual = {row["customer_id"]: (row["orders"], row["units"], row["gross_amount"]) for row in customers}
    nothing = (0, 0, Decimal(0))
    matches = sum(
        (int(user["orders"]), int(user["units"]), Decimal(user["gross"])) == actual.get(user["user_id"], nothing)
        for user in expected
    )
    return Comparison("users with matching orders, units and spending", f"{len(expected):,}", f"{matches:,}")


def _fraud(expected: list[dict[str, Any]], orders: Sequence[dict[str, Any]]) -> Comparison:
    by_id = {row["order_id"]: row for row in orders}
    matches = 0
    for burst in expected:
        rows = [by_id[order] for order in burst["order_ids"] if order in by_id]
        matches += (
            len(rows) == burst["orders"]
            and {row["customer_id"] for row in rows} == {burst["user_id"]}
            and sum(row["gross_amount"] for row in rows) == Decimal(burst["gross"])
        )
    return Comparison("bursts of fraudulent orders, by user and amount", f"{len(expected)}", f"{matches}")


def _pairs(expected: list[dict[str, Any]], order_products: list[dict[str, Any]]) -> Comparison:
    baskets: dict[str, set[str]] = defaultdict(set)
    for row in order_products:
        baskets[row["order_id"]].add(row["product_id"])
    contents = [basket for basket in baskets.values() if len(basket) > 1]
    matches = sum(
        pair["orders_together"] == sum({pair["anchor"], pair["companion"]} <= basket for basket in contents) for pair in expected
    )
    return Comparison("product pairs with a matching number of orders", f"{len(expected)}", f"{matches}")


def _quarantine(expected: dict[str, Any], kinds: list[dict[str, Any]]) -> Iterator[Comparison]:
    actual = {row["file_kind"]: row["quarantined_rows"] for row in kinds}
    for kind, file in expected.items():
        # Blank lines are not records: they are skipped, not quarantined.
        invalid = sum(count for name, count in file["bad_rows"].items() if name != "blank_line")
        yield Comparison(f"invalid rows of {kind} in quarantine", f"{invalid:,}", f"{actual.get(kind, 0):,}")
