"""Sections about customers: who brings the revenue, and how often they order."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure as Chart

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent, plain, short
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

TOP = 15


def top_customers(source: ReportSource) -> Section | None:
    """The customers with the highest net revenue, and how much depends on the top tenth."""
    rows = source.view("customer_ranking", order_by=("revenue_rank",), limit=TOP)
    totals = source.view_row("customer_totals")
    if not rows or not totals:
        return None
    figure, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["customer_id"] for row in rows], [float(row["net_amount"]) for row in rows], source.money, room=14)
    share = totals["top_tenth_share_of_shop_net"]
    note = (
        "By net revenue so far. Customers are shown by the ids that the shop gave them. "
        f"The top tenth of {totals['customers']:,} known customers brought {percent(share)} of all net revenue."
    )
    table = [
        (row["customer_id"], row["country"], row["orders"], Figure(source.amount(row["net_amount"])), row["last_order_date"])
        for row in rows
    ]
    return Section(note, figure, ("customer", "country", "orders", "net revenue", "last order"), table)


def order_frequency(source: ReportSource) -> Section | None:
    """How many customers ordered once, twice, and so on."""
    rows = source.view("order_frequency", order_by=("orders",))
    totals = source.view_row("customer_totals")
    if not rows or not totals:
        return None
    customers = {row["orders"]: row["customers"] for row in rows}
    counts = range(1, max(customers) + 1)
    figure, (ax,) = charts.figure(7)
    charts.columns(ax, [_orders(n) for n in counts], [customers.get(n, 0) for n in counts], short, x_label="orders per customer")
    note = (
        f"{percent(totals['repeat_rate'])} of {totals['customers']:,} known customers ordered more than once; they bring "
        f"{percent(totals['repeat_share_of_shop_net'])} of all net revenue."
    )
    table = [(_orders(row["orders"]), row["customers"], Figure(source.amount(row["net_amount"]))) for row in rows]
    return Section(note, figure, ("orders", "customers", "net revenue"), table)


def _orders(count: int) -> Figure:
    return Figure(f"{count}+" if count == 10 else count)


def segments(source: ReportSource) -> Section | None:
    """The segments that k-means finds: their share of customers and of net revenue."""
    rows = source.view("segment_overview", order_by=("segment",))
    if not rows:
        return None
    first = rows[0]
    stability = (
        f"; resamples agree at {first['stability']:.2f} (adjusted Rand index, 1 is identical)"
        if first["stability"] is not None
        else ""
    )
    note = "Groups of customers who behave alike, named by what sets them apart."
    method = f"Found by k-means on standardized features{stability}."
    if first["finding"] != "groups":
        note += " There are no groups beyond frequent and rare: the borders between the segments are arbitrary."
    table = [
        (
            row["segment_name"],
            row["customers"],
            Figure(plain(row["orders_per_customer"])),
            Figure(source.amount(row["net_amount_per_order"])),
            Figure(percent(row["net_amount_share"])),
            Figure(plain(row["sessions_per_customer"])),
            Figure(plain(row["minutes_per_session"])),
        )
        for row in rows
    ]
    columns = (
        *("segment", "customers", "orders per customer", "revenue per order", "share of revenue"),
        *("sessions per customer", "minutes per session"),
    )
    return Section(note, _shares(rows), columns, table, method=method)


def _shares(rows: list[dict[str, Any]]) -> Chart:
    """Two bars per segment: its share of the customers and of their net revenue."""
    figure, (ax,) = charts.figure(2.4 * len(rows) + 1)
    for offset, key, color, label in (
        (-0.19, "customer_share", charts.SKY, "of customers"),
        (0.19, "net_amount_share", charts.BLUE, "of their net revenue"),
    ):
        values = [float(row[key] or 0) for row in rows]
        ax.barh([position + offset for position in range(len(rows))], values, height=0.36, color=color, label=label)
        for position, value in enumerate(values):
            ax.text(value + 0.01, position + offset, f"{value:.0%}", va="center", fontsize=10)
    ax.set_yticks(range(len(rows)), [charts.wrap(row["segment_name"], 22) for row in rows])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    ax.set_xlim(0, max(float(row[key] or 0) for row in rows for key in ("customer_share", "net_amount_share")) * 1.15 or 1)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, fontsize=10)
    return figure
