"""Whether the marts say what the generator planted, fact by fact."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from offline.athena import AthenaEngine
from offline.console.render import money
from offline.lake.run_history import literal, rows

ACTIVITY = """
select sum(views) as v, sum(carts) as c, sum(removes) as r, sum(purchases) as p
from fct_product_activity where source = {s}
"""
SALES = """
select sum(units) as u, sum(gross_amount) as g, sum(returned_amount) as r, sum(net_amount) as n
from sales_daily where source = {s}
"""
SESSIONS = "select count(*) as n, count_if(carts > 0) as c, count_if(has_purchase) as b from fct_sessions where source = {s}"
PEOPLE = (
    "select (select count(distinct order_id) from fct_order_items where source = {s} and line_type = 'sale') as o, "
    "(select count(*) from dim_customer where source = {s} and orders > 0) as b, "
    "(select count(*) from dim_product where source = {s}) as p"
)
DAYS = "select date, orders, units, gross_amount, returned_amount from sales_daily where source = {s}"
SPENT = """
select customer_id, count(distinct order_id) as orders, sum(quantity) as units, sum(amount) as gross
from fct_order_items where source = {s} and line_type = 'sale' and customer_id is not null group by customer_id
"""
ORDERS = """
select order_id, max(customer_id) as customer_id, sum(amount) as gross
from fct_order_items where source = {s} and line_type = 'sale' group by order_id
"""
BASKETS = """
select order_id, array_agg(distinct product_id) as products from fct_order_items
where source = {s} and line_type = 'sale' group by order_id having count(distinct product_id) > 1
"""
REFUSED = "select file_kind, count(*) as refused from processed.quarantine where source = {s} group by file_kind"


@dataclass(frozen=True)
class Result:
    """One planted fact: what it is about, what was planted and what the marts say, as text."""

    what: str
    told: str
    seen: str

    @property
    def found(self) -> bool:
        return self.told == self.seen


def check(athena: AthenaEngine, source: str, folder: Path) -> list[Result]:
    """All planted facts of the shop generated into `folder`, held against the marts of `source`."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with (folder / "truth_users.csv").open(encoding="utf-8", newline="") as file:
        users = list(csv.DictReader(file))

    def ask(sql: str) -> list[dict[str, Any]]:
        return rows(athena, sql.format(s=literal(source)))

    totals = truth["totals"]
    return [
        *_totals(totals, ask),
        _days(truth["daily"], ask(DAYS)),
        _users(users, ask(SPENT)),
        _bursts(truth["fraud"], ask(ORDERS)),
        _pairs(truth["pairs"], ask(BASKETS)),
        *_refused(truth["files"], ask(REFUSED)),
    ]


def _totals(totals: dict[str, Any], ask: Any) -> Iterator[Result]:
    activity, sales, sessions, people = (ask(sql)[0] for sql in (ACTIVITY, SALES, SESSIONS, PEOPLE))
    counts = (
        ("views", "views", activity["v"]),
        ("carts", "carts", activity["c"]),
        ("removals from the cart", "removes", activity["r"]),
        ("purchases", "purchases", activity["p"]),
        ("sessions", "sessions", sessions["n"]),
        ("sessions with a cart", "sessions_carted", sessions["c"]),
        ("sessions with a purchase", "sessions_bought", sessions["b"]),
        ("orders", "orders", people["o"]),
        ("buyers", "buyers", people["b"]),
        ("products", "products", people["p"]),
        ("units sold", "units", sales["u"]),
    )
    for what, name, seen in counts:
        yield Result(what, f"{totals[name]:,}", f"{seen or 0:,}")
    for what, name, seen in (("gross", "gross", sales["g"]), ("returned", "returned", sales["r"]), ("net", "net", sales["n"])):
        yield Result(f"{what}, to the cent", money(Decimal(totals[name])), _exact(seen))


def _exact(amount: Decimal | None) -> str:
    """Two decimals where the rest is zero, else every digit, so that a fraction of a cent is seen."""
    amount = amount or Decimal(0)
    return money(amount) if amount == round(amount, 2) else f"{amount:,}"


def _days(planted: list[dict[str, Any]], days: list[dict[str, Any]]) -> Result:
    seen = {str(day["date"]): day for day in days}
    right = sum(
        day["date"] in seen
        and (day["orders"], day["units"], Decimal(day["gross"]), Decimal(day["returned"]))
        == tuple(seen[day["date"]][name] for name in ("orders", "units", "gross_amount", "returned_amount"))
        for day in planted
    )
    return Result("days with the right orders, units, gross and returns", f"{len(planted)}", f"{right}")


def _users(planted: list[dict[str, str]], spent: list[dict[str, Any]]) -> Result:
    seen = {row["customer_id"]: (row["orders"], row["units"], row["gross"]) for row in spent}
    nothing = (0, 0, Decimal(0))
    right = sum(
        (int(user["orders"]), int(user["units"]), Decimal(user["gross"])) == seen.get(user["user_id"], nothing)
        for user in planted
    )
    return Result("people with the right orders, units and spending", f"{len(planted):,}", f"{right:,}")


def _bursts(planted: list[dict[str, Any]], orders: list[dict[str, Any]]) -> Result:
    seen = {row["order_id"]: row for row in orders}
    right = 0
    for burst in planted:
        rows_seen = [seen[order] for order in burst["order_ids"] if order in seen]
        right += (
            len(rows_seen) == burst["orders"]
            and {row["customer_id"] for row in rows_seen} == {burst["user_id"]}
            and sum(row["gross"] for row in rows_seen) == Decimal(burst["gross"])
        )
    return Result("planted bursts of fraudulent orders, by user and amount", f"{len(planted)}", f"{right}")


def _pairs(planted: list[dict[str, Any]], baskets: list[dict[str, Any]]) -> Result:
    contents = [frozenset(basket["products"]) for basket in baskets]
    right = sum(
        pair["orders_together"] == sum({pair["anchor"], pair["companion"]} <= basket for basket in contents) for pair in planted
    )
    return Result("planted pairs of products, bought together as often as planted", f"{len(planted)}", f"{right}")


def _refused(planted: dict[str, Any], records: list[dict[str, Any]]) -> Iterator[Result]:
    seen = {row["file_kind"]: row["refused"] for row in records}
    for kind, file in planted.items():
        # A blank line is no record: it is skipped, not refused.
        bad = sum(count for name, count in file["bad_rows"].items() if name != "blank_line")
        yield Result(f"bad rows of {kind} in quarantine", f"{bad:,}", f"{seen.get(kind, 0):,}")
