"""Sections about products, brands and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure as Chart

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent, short
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

TOP = 12
NONE = "(none)"
MAX_AXIS_RATIO = 8


def bestsellers(source: ReportSource) -> Section | None:
    """The products with the highest net revenue."""
    rows = source.view("bestsellers", order_by=("revenue_rank",), limit=TOP)
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["product"] for row in rows], [float(row["net_amount"]) for row in rows], source.money)
    table = [
        (row["product"], row["brand"], row["units"], row["returned_units"], Figure(source.amount(row["net_amount"])))
        for row in rows
    ]
    columns = ("product", "brand", "sold", "returned", "net revenue")
    return Section("Products by revenue after returns.", figure, columns, table)


def trending(source: ReportSource) -> Section | None:
    """Products that sell much faster this week than in the four weeks before."""
    rows = source.view("trending_products", order_by=("trend_rank",), limit=TOP)
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows) + 1)
    positions = range(len(rows))
    now, before = [row["units_last_7_days"] for row in rows], [row["mean_weekly_units_before"] for row in rows]
    ax.barh(positions, now, color=charts.GREEN, height=0.72, label="last 7 days")
    ax.scatter(
        before,
        positions,
        color=charts.INK,
        marker="|",
        s=160,
        linewidths=2.5,
        label="a week of the 28 days before",
        zorder=3,
    )
    charts.name_rows(ax, [row["product"] for row in rows], room=22)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    limit = _axis_limit([max(pair) for pair in zip(now, before, strict=True)])
    ax.set_xlim(0, limit * 1.3)
    for position, row in zip(positions, rows, strict=True):
        _label(ax, position, row, limit=limit)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.2, 1.0), ncols=2, fontsize=9)
    note = (
        f"Items sold in the 7 days to {rows[0]['as_of']:%Y-%m-%d}, against an average week of the 28 days before. "
        "Listed are products with at least 10 items sold and half as much again as before."
    )
    table = [
        (row["product"], row["units_last_7_days"], row["units_prior_28_days"], Figure(pace(row["trend_ratio"], digits=2)))
        for row in rows
    ]
    return Section(note, figure, ("product", "last 7 days", "28 days before", "pace"), table)


def pace(ratio: float | None, *, digits: int = 1) -> str:
    """How much faster a product sells; a product without earlier sales is new."""
    return "new" if ratio is None else f"× {ratio:.{digits}f}"


def _label(ax: Any, position: int, row: dict[str, Any], *, limit: float) -> None:
    units = row["units_last_7_days"]
    is_cut = units > limit
    text = f"{units:,}, {pace(row['trend_ratio'])}" + (" (bar cut off)" if is_cut else "")
    inside: dict[str, Any] = {"ha": "right", "color": "white"} if is_cut else {}
    end = max(units, row["mean_weekly_units_before"])
    ax.text(limit * 1.27 if is_cut else end + limit * 0.015, position, text, va="center", fontsize=10, **inside)


def _axis_limit(values: Sequence[float]) -> float:
    """The greatest value, or a little beyond the second where the greatest would dwarf all others."""
    *_, second, first = sorted([0.0, *values])
    return first if first <= MAX_AXIS_RATIO * second or not second else second * 1.2


def brands(source: ReportSource) -> Section | None:
    """Net revenue by brand, and the share of views that end in a purchase."""
    rows = source.view("brand_performance", order_by=("revenue_rank",), limit=TOP)
    if not any(row["brand"] != NONE for row in rows):
        return None
    if not any(row["net_amount"] for row in rows):
        return _brands_by_views(rows)
    figure, note = _revenue_and_rate(source, rows)
    table = [
        (
            row["brand"],
            row["views"],
            row["units"],
            Figure(source.amount(row["net_amount"])),
            Figure(percent(row["view_to_cart_rate"])),
            Figure(percent(row["view_to_purchase_rate"])),
        )
        for row in rows
    ]
    columns = ("brand", "views", "units", "net revenue", "view → cart", "view → purchase")
    return Section(note, figure, columns, table)


def _brands_by_views(rows: Sequence[dict[str, Any]]) -> Section:
    by_views = sorted(rows, key=lambda row: -row["views"])
    figure, (ax,) = charts.figure(len(by_views))
    charts.bars(ax, [row["brand"] for row in by_views], [row["views"] for row in by_views], short)
    table = [(row["brand"], row["views"], row["carts"], row["purchases"]) for row in by_views]
    return Section("Brands by views; no sales are recorded.", figure, ("brand", "views", "carts", "purchases"), table)


def _revenue_and_rate(source: ReportSource, rows: Sequence[dict[str, Any]]) -> tuple[Chart, str]:
    """Bars of revenue, next to them bars of the conversion rate where it is known; and the note."""
    has_rates = any(row["view_to_purchase_rate"] is not None for row in rows)
    figure, axes = charts.figure(len(rows), columns=2 if has_rates else 1)
    names = [row["brand"] for row in rows]
    charts.bars(axes[0], names, [float(row["net_amount"]) for row in rows], source.money, room=16 if has_rates else 30)
    axes[0].set_title("net revenue", fontsize=10, color=charts.SOFT, loc="left")
    if not has_rates:
        return figure, "Brands by net revenue."
    charts.rate_bars(axes[1], [row["view_to_purchase_rate"] or 0.0 for row in rows], title="purchases per view")
    return figure, "Brands by net revenue, with the share of views that end in a purchase."


def categories(source: ReportSource) -> Section | None:
    """The conversion rate of the categories with the most revenue, and their margin where costs are known."""
    rows = [row for row in source.view("category_overview", order_by=("revenue_rank",), limit=TOP) if row["views"]]
    if not any(row["category"] != NONE for row in rows):
        return None
    figure, (ax,) = charts.figure(len(rows))
    rates = [row["view_to_purchase_rate"] for row in rows]
    charts.bars(ax, [row["category"] for row in rows], rates, lambda share: f"{share:.2%}", color=charts.ORANGE)
    table = [
        (
            row["category"],
            row["products"],
            row["views"],
            Figure(percent(row["view_to_cart_rate"])),
            Figure(percent(row["view_to_purchase_rate"])),
            Figure(percent(row["margin_rate"])),
        )
        for row in rows
    ]
    columns = ("category", "products", "views", "carts per view", "purchases per view", "margin")
    return Section("Purchases per view. Categories are ordered by net revenue.", figure, columns, table)
