"""The figures at the top of the page, each with what it is compared with."""

from __future__ import annotations

from typing import Any

from offline.report.rendering.formatting import percent, plain, signed_percent
from offline.report.rendering.page import Fact
from offline.report.sections.base import ReportSource

# Periods of the view recent_sales, with their words on the page.
COMPARED = (("30 days before", "on the 30 days before"), ("year before", "on a year before"))


def key_figures(source: ReportSource) -> list[Fact]:
    """Sales of the last 30 days with their change, then sales, customers and sessions of all days."""
    return [*_recent(source), *_sales(source), *_customers(source), *_sessions(source)]


def period_of(source: ReportSource) -> str:
    """The days that the page is about: from the first to the last sale, or of all data where nothing was sold."""
    totals = source.view_row("sales_totals")
    if totals and totals["last_sale_date"]:
        return f"Sales from {totals['first_sale_date']:%-d %B %Y} to {totals['last_sale_date']:%-d %B %Y}"
    dates = source.view_row("date_coverage")
    return f"{dates['first_date']:%-d %B %Y} to {dates['last_date']:%-d %B %Y}" if dates else "no days yet"


def _recent(source: ReportSource) -> list[Fact]:
    periods = {row["period"]: row for row in source.view("recent_sales")}
    last = periods.get("last 30 days")
    if last is None:
        return []
    return [
        Fact("net revenue, last 30 days", source.amount(last["net_amount"]), _change(periods, "net_amount")),
        Fact("orders, last 30 days", plain(last["orders"]), _change(periods, "orders")),
    ]


def _change(periods: dict[str, dict[str, Any]], column: str) -> str:
    """The change on the earlier periods that the history covers."""
    changes = []
    for period, words in COMPARED:
        before = periods[period][column] if period in periods else None
        if before and before > 0:
            changes.append(f"{signed_percent(float(periods['last 30 days'][column] / before) - 1)} {words}")
    return ", ".join(changes) or "no earlier sales to compare with"


def _sales(source: ReportSource) -> list[Fact]:
    totals = source.view_row("sales_totals")
    if not totals or not totals["orders"]:
        return []
    free = totals["orders"] - totals["paid_orders"]
    return [
        Fact("net revenue", source.amount(totals["net_amount"]), "after returns and discounts"),
        Fact("orders", plain(totals["orders"]), f"{free:,} of them cost nothing" if free else ""),
        Fact("order value", source.amount(totals["average_order_value"]), "before returns and discounts"),
        Fact("items sold", plain(totals["units"])),
    ]


def _customers(source: ReportSource) -> list[Fact]:
    people = source.view_row("customer_totals")
    if not people:
        return []
    share = people["share_of_shop_net"]
    unknown = share is not None and share < 1
    return [
        Fact(
            "known customers who ordered",
            plain(people["customers"]),
            f"{percent(1 - share)} of net revenue is from unknown customers" if unknown else "",
        ),
        Fact("ordered again", percent(people["repeat_rate"])),
    ]


def _sessions(source: ReportSource) -> list[Fact]:
    visits = source.view_row("session_totals")
    if not visits:
        return []
    return [Fact("sessions", plain(visits["sessions"])), Fact("sessions that bought", percent(visits["purchase_rate"]))]
