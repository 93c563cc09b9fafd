"""Sections about products, brands and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure as Picture

from offline.report import charts
from offline.report.numbers import percent, short
from offline.report.page import Figure
from offline.report.section import Section, Shop

BEST = """
select coalesce(product_name, product_id) as name, category, brand, units, returned_units, net_amount, revenue_rank
from product_performance left join dim_product using (source, product_id)
where source = {source} and revenue_rank <= 12 order by revenue_rank, product_id limit 12
"""
TRENDING = """
select coalesce(product_name, product_id) as name, units_last_7_days as now, units_prior_28_days as before, trend_ratio, as_of
from product_performance left join dim_product using (source, product_id)
where source = {source} and is_trending
order by units_last_7_days - units_prior_28_days / 4.0 desc, product_id limit 12
"""
BRANDS = """
select brand, views, carts, purchases, units, revenue, view_to_cart_rate, view_to_purchase_rate from brand_report
where source = {source} order by revenue desc, brand limit 12
"""
CATEGORIES = """
select category, products, views, carts, purchases, net_amount, margin_rate
from category_performance left join (select source, name, margin_rate from margins where level = 'category') as made
  on made.source = category_performance.source and made.name = category_performance.category
where category_performance.source = {source} order by net_amount desc, category limit 12
"""
NONE = "(none)"
OUT_OF_PROPORTION = 8


def bestsellers(shop: Shop) -> Section | None:
    """The twelve products that brought most."""
    rows = shop.ask(BEST)
    if not rows:
        return None
    made, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["name"] for row in rows], [float(row["net_amount"]) for row in rows], shop.money)
    told = [
        (row["name"], row["brand"], row["units"], row["returned_units"], Figure(shop.amount(row["net_amount"]))) for row in rows
    ]
    columns = ("product", "brand", "sold", "returned", "net")
    return Section("Products by net revenue, returns taken off.", made, columns, told)


def trending(shop: Shop) -> Section | None:
    """What sold at least half as fast again in the last week as in the four before."""
    rows = shop.ask(TRENDING)
    if not rows:
        return None
    made, (ax,) = charts.figure(len(rows) + 1)
    places = range(len(rows))
    now, before = [row["now"] for row in rows], [row["before"] / 4 for row in rows]
    ax.barh(places, now, color=charts.GREEN, height=0.72, label="last 7 days")
    ax.scatter(
        before, places, color=charts.INK, marker="|", s=160, linewidths=2.5, label="a week, of the 28 days before", zorder=3
    )
    ax.set_yticks(places, [charts.shorten(row["name"], 30) for row in rows])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    most = _reach([max(pair) for pair in zip(now, before, strict=True)])
    ax.set_xlim(0, most * 1.3)
    for place, row in zip(places, rows, strict=True):
        pace = "new" if row["trend_ratio"] is None else f"× {row['trend_ratio']:.1f}"
        end, cut = max(row["now"], before[place]), row["now"] > most
        words = f"{row['now']:,}, {pace}" + (" (bar cut off)" if cut else "")
        inside: dict[str, Any] = {"ha": "right", "color": "white"} if cut else {}
        ax.text(most * 1.27 if cut else end + most * 0.015, place, words, va="center", fontsize=10, **inside)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2, fontsize=9)
    note = (
        f"Items sold in the 7 days to {rows[0]['as_of']:%Y-%m-%d} against a mean week of the 28 days before; at least 10 items "
        "and half as much again."
    )
    told = [
        (row["name"], row["now"], row["before"], Figure("new" if row["trend_ratio"] is None else f"× {row['trend_ratio']:.2f}"))
        for row in rows
    ]
    return Section(note, made, ("product", "7 days", "28 before", "pace"), told)


def _reach(values: Sequence[float]) -> float:
    """How far the axis goes: to the greatest, or where that is out of all proportion, a little beyond the next."""
    *_, second, first = sorted([0.0, *values])
    return first if first <= OUT_OF_PROPORTION * second or not second else second * 1.2


def brands(shop: Shop) -> Section | None:
    """Revenue by brand, and how often a view ends in a purchase."""
    rows = shop.ask(BRANDS)
    if not any(row["brand"] != NONE for row in rows):
        return None
    if not any(row["revenue"] for row in rows):
        return _by_views(rows)
    made, note = _revenue_and_rate(shop, rows)
    told = [
        (
            row["brand"],
            row["views"],
            row["units"],
            Figure(shop.amount(row["revenue"])),
            Figure(percent(row["view_to_cart_rate"])),
            Figure(percent(row["view_to_purchase_rate"])),
        )
        for row in rows
    ]
    columns = ("brand", "views", "units", "revenue", "view → cart", "view → purchase")
    return Section(note, made, columns, told)


def _by_views(rows: Sequence[dict[str, Any]]) -> Section:
    ordered = sorted(rows, key=lambda row: -row["views"])
    made, (ax,) = charts.figure(len(ordered))
    charts.bars(ax, [row["brand"] for row in ordered], [row["views"] for row in ordered], short)
    told = [(row["brand"], row["views"], row["carts"], row["purchases"]) for row in ordered]
    return Section("Brands by views; nothing was sold.", made, ("brand", "views", "carts", "purchases"), told)


def categories(shop: Shop) -> Section | None:
    """How categories turn views into purchases, and what they leave over where costs are known."""
    rows = [row for row in shop.ask(CATEGORIES) if row["views"]]
    if not any(row["category"] != NONE for row in rows):
        return None
    for row in rows:
        row["view_to_purchase_rate"] = row["purchases"] / row["views"]
    made, (ax,) = charts.figure(len(rows))
    rates = [row["view_to_purchase_rate"] for row in rows]
    charts.bars(ax, [row["category"] for row in rows], rates, lambda share: f"{share:.2%}", color=charts.ORANGE)
    told = [
        (
            row["category"],
            row["products"],
            row["views"],
            Figure(percent(row["carts"] / row["views"])),
            Figure(percent(row["view_to_purchase_rate"])),
            Figure(percent(row["margin_rate"])),
        )
        for row in rows
    ]
    columns = ("category", "products", "views", "carts per view", "purchases per view", "margin")
    return Section("Purchases per view; the categories with the most revenue, in its order.", made, columns, told)


def _revenue_and_rate(shop: Shop, rows: Sequence[dict[str, Any]]) -> tuple[Picture, str]:
    """Bars of money, beside them bars of the rate where there are any; and what they show."""
    rated = any(row["view_to_purchase_rate"] is not None for row in rows)
    made, axes = charts.figure(len(rows), columns=2 if rated else 1)
    names = [row["brand"] for row in rows]
    charts.bars(axes[0], names, [float(row["revenue"]) for row in rows], shop.money, room=16 if rated else 30)
    axes[0].set_title("net revenue", fontsize=10, color=charts.SOFT, loc="left")
    if not rated:
        return made, "By net revenue."
    rates = [row["view_to_purchase_rate"] or 0.0 for row in rows]
    charts.bars(axes[1], [""] * len(rows), rates, lambda share: f"{share:.1%}", color=charts.ORANGE)
    axes[1].set_title("purchases per view", fontsize=10, color=charts.SOFT, loc="left")
    return made, "By net revenue, with the share of views that end in a purchase."
