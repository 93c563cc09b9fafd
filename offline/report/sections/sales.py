"""Sections about revenue over time, by category and by price."""

from __future__ import annotations

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

MAX_CATEGORIES = 12
MAX_TABLE_ROWS = 50
MAX_LABELS = 5
MAX_DAYS_BY_WEEK = 120


def revenue_over_time(source: ReportSource) -> Section | None:
    """Net revenue by week, or by month for a longer history."""
    totals = source.view_row("sales_totals")
    if not totals or not totals["gross_amount"]:
        return None
    unit, name, form = (
        ("month", "sales_monthly", "%b %Y") if totals["days"] > MAX_DAYS_BY_WEEK else ("week", "sales_weekly", "%-d %b %y")
    )
    start = f"{unit}_start"
    rows = source.view(name, order_by=(start,))
    figure, (ax,) = charts.figure(8)
    positions, net = range(len(rows)), [float(row["net_amount"]) for row in rows]
    charts.time_columns(ax, net, [row["is_complete"] for row in rows])
    charts.value_axis(ax, source.axis)
    step = -(-len(rows) // MAX_LABELS)
    ax.set_xticks(list(positions)[::step], [f"{row[start]:{form}}" for row in rows][::step])
    returned = percent(float(totals["returned_amount"] / totals["gross_amount"]))
    note = (
        f"Net revenue by {unit}: {source.amount(totals['net_amount'])} in total, after returns of "
        f"{source.amount(totals['returned_amount'])} ({returned} of sales)"
        + (f" and discounts of {source.amount(totals['discount_amount'])}." if totals["discount_amount"] else ".")
        + ("" if all(row["is_complete"] for row in rows) else f" Hatched: the data do not cover the entire {unit}.")
    )
    amounts = ("gross_amount", "returned_amount", "discount_amount", "net_amount")
    table = [(f"{row[start]:%Y-%m-%d}", row["orders"], *[Figure(source.amount(row[name])) for name in amounts]) for row in rows]
    return Section(note, figure, (f"{unit} starting", "orders", "sales", "returns", "discounts", "net revenue"), table)


def by_category(source: ReportSource) -> Section | None:
    """Net revenue by top category, with the smaller ones combined."""
    rows = source.view("top_category_overview", order_by=("revenue_rank",))
    if not any(row["top_category"] != "(none)" and row["net_amount"] for row in rows):
        return None
    top, rest = rows[:MAX_CATEGORIES], rows[MAX_CATEGORIES:]
    names = [row["top_category"] for row in top] + ([f"{len(rest)} others"] if rest else [])
    values = [float(row["net_amount"]) for row in top] + ([float(sum(row["net_amount"] for row in rest))] if rest else [])
    figure, (ax,) = charts.figure(len(names))
    charts.bars(ax, names, values, source.money)
    first = top[0]
    share = percent(first["share_of_net"])
    note = f"{first['top_category']} brings {share} of net revenue. The shop has {len(rows)} top categories."
    table = [
        (
            row["top_category"],
            row["orders"],
            row["units"],
            Figure(source.amount(row["net_amount"])),
            Figure(percent(row["share_of_net"])),
        )
        for row in rows[:MAX_TABLE_ROWS]
    ]
    return Section(note, figure, ("category", "orders", "units", "net revenue", "share"), table)


def price_bands(source: ReportSource) -> Section | None:
    """Net revenue by price band, and the share of views that end in a purchase."""
    rows = source.view("price_band_sales", order_by=("band_order",))
    rows = [row for row in rows if row["views"] or row["units"] or row["net_amount"]]
    if not rows:
        return None
    has_rates = any(row["view_to_purchase_rate"] is not None for row in rows)
    figure, axes = charts.figure(max(5, len(rows)), columns=2 if has_rates else 1, width=charts.WIDTH)
    charts.bars(axes[0], [row["price_band"] for row in rows], [float(row["net_amount"]) for row in rows], source.money)
    axes[0].set_title("net revenue", fontsize=10, color=charts.SOFT, loc="left")
    if has_rates:
        charts.rate_bars(axes[1], [row["view_to_purchase_rate"] or 0.0 for row in rows], title="purchases per view")
    best = max(rows, key=lambda row: row["net_amount"])
    table = [
        (
            row["price_band"],
            row["views"],
            row["purchases"],
            row["units"],
            Figure(source.amount(row["net_amount"])),
            Figure(percent(row["view_to_purchase_rate"])),
        )
        for row in rows
    ]
    columns = ("price", "views", "purchases", "units", "net revenue", "purchases per view")
    return Section(f"The price band {best['price_band']} brings the most revenue.", figure, columns, table)
