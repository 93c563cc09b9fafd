"""Sections about money and orders over time."""

from __future__ import annotations

from offline.report import charts
from offline.report.numbers import percent
from offline.report.page import Figure
from offline.report.section import Section, Shop

MONTHS = """
select date_trunc('UNIT', date) as since, sum(orders) as orders, sum(gross_amount) as gross, sum(returned_amount) as returned,
       sum(net_amount) as net, max(date) as until
from sales_daily where source = {source} group by 1 order by 1
"""
CATEGORIES = """
select category, orders, units, net_amount, share_of_net from category_performance
where source = {source} order by net_amount desc, category
"""
BANDS = """
select band, views, purchases, units, net_amount, view_to_purchase_rate from price_bands
where source = {source} order by band_order
"""
SHOWN = 12
LABELS = 5
LONG = 120  # days from which a month is a better step than a week


def over_time(shop: Shop) -> Section | None:
    """Net and returned money by week, or by month for a longer time."""
    days = shop.ask("select count(*) as days from sales_daily where source = {source}")[0]["days"]
    unit = "month" if days > LONG else "week"
    rows = shop.ask(MONTHS.replace("UNIT", unit))
    if not any(row["gross"] for row in rows):
        return None
    made, (ax,) = charts.figure(8)
    places, net = range(len(rows)), [float(row["net"]) for row in rows]
    ax.bar(places, net, color=charts.BLUE, width=0.8)
    charts.value_axis(ax, shop.axis)
    step = -(-len(rows) // LABELS)
    form = "%b %Y" if unit == "month" else "%-d %b %y"
    ax.set_xticks(list(places)[::step], [f"{row['since']:{form}}" for row in rows][::step])
    total, returned = sum(row["net"] for row in rows), sum(row["returned"] for row in rows)
    gross = sum(row["gross"] for row in rows)
    note = (
        f"Net of returns, by {unit}: {shop.amount(total)} in all, after {shop.amount(returned)} returned "
        f"({percent(float(returned / gross))} of what was sold). The first and the last {unit} may not be whole."
    )
    told = [
        (f"{row['since']:%Y-%m-%d}", row["orders"], *[Figure(shop.amount(row[name])) for name in ("gross", "returned", "net")])
        for row in rows
    ]
    return Section(note, made, (f"{unit} from", "orders", "sold", "returned", "net"), told)


def by_category(shop: Shop) -> Section | None:
    """Net money by category, the smaller ones together."""
    rows = shop.ask(CATEGORIES)
    if not any(row["category"] != "(none)" and row["net_amount"] for row in rows):
        return None
    best, rest = rows[:SHOWN], rows[SHOWN:]
    names = [row["category"] for row in best] + ([f"{len(rest)} others"] if rest else [])
    values = [float(row["net_amount"]) for row in best] + ([float(sum(row["net_amount"] for row in rest))] if rest else [])
    made, (ax,) = charts.figure(len(names))
    charts.bars(ax, names, values, shop.money)
    first = best[0]
    note = (
        f"{first['category']} brings {percent(first['share_of_net'])} of all net revenue; {len(rows)} categories have any record."
    )
    told = [
        (
            row["category"],
            row["orders"],
            row["units"],
            Figure(shop.amount(row["net_amount"])),
            Figure(percent(row["share_of_net"])),
        )
        for row in rows[:50]
    ]
    return Section(note, made, ("category", "orders", "units", "net", "share"), told)


def price_bands(shop: Shop) -> Section | None:
    """Net money by price band, and how often a view ends in a purchase there."""
    rows = [row for row in shop.ask(BANDS) if row["views"] or row["units"] or row["net_amount"]]
    if not rows:
        return None
    rated = any(row["view_to_purchase_rate"] is not None for row in rows)
    made, axes = charts.figure(max(5, len(rows)), columns=2 if rated else 1, width=charts.WIDTH)
    charts.bars(axes[0], [row["band"] for row in rows], [float(row["net_amount"]) for row in rows], shop.money)
    axes[0].set_title("net revenue", fontsize=10, color=charts.SOFT, loc="left")
    if rated:
        rates = [row["view_to_purchase_rate"] or 0.0 for row in rows]
        charts.bars(axes[1], [""] * len(rows), rates, lambda share: f"{share:.1%}", color=charts.ORANGE)
        axes[1].set_title("purchases per view", fontsize=10, color=charts.SOFT, loc="left")
    most = max(rows, key=lambda row: row["net_amount"])
    told = [
        (
            row["band"],
            row["views"],
            row["purchases"],
            row["units"],
            Figure(shop.amount(row["net_amount"])),
            Figure(percent(row["view_to_purchase_rate"])),
        )
        for row in rows
    ]
    columns = ("price", "views", "purchases", "units", "net", "per view")
    return Section(f"Most money is made at a price of {most['band']}.", made, columns, told)
