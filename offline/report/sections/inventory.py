"""The section about stock that runs out."""

from __future__ import annotations

from typing import Any

from offline.report.rendering import charts
from offline.report.rendering.formatting import plain
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

TOP = 15


def alerts(source: ReportSource) -> Section | None:
    """Products that will sell out before a new order arrives."""
    totals = source.view_row("stock_totals")
    if not totals or not totals["products_with_stock"]:
        return None
    rows = source.view("inventory_alerts", order_by=("alert_rank",), limit=TOP)
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows) + 1)
    positions = range(len(rows))
    ax.barh(positions, [row["stock"] for row in rows], color=charts.BLUE, height=0.72, label="in stock")
    points = [row["reorder_point"] for row in rows]
    ax.scatter(points, positions, color=charts.ORANGE, marker="|", s=160, linewidths=3, label="reorder point", zorder=3)
    charts.name_rows(ax, [row["product"] for row in rows], room=22)
    ax.set_xlabel("items")
    ax.grid(axis="x", color=charts.LINE)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2, fontsize=10)
    table = [
        (
            row["product"],
            row["stock"],
            row["reorder_point"],
            Figure(plain(row["demand_mean"])),
            Figure(plain(row["days_of_cover"])),
            "yes" if row["is_high_demand"] else "",
        )
        for row in rows
    ]
    columns = ("product", "stock", "reorder point", "sold per day", "days of cover", "high demand")
    return Section(_note(source, totals), figure, columns, table)


def _note(source: ReportSource, totals: dict[str, Any]) -> str:
    note = (
        f"On {totals['as_of']:%Y-%m-%d}, {totals['reorder_products']:,} of {totals['products_with_stock']:,} products with known "
        f"stock must be reordered, {totals['urgent_products']:,} of them in high demand."
    )
    if not totals["dead_products"]:
        return note
    value = f", worth {source.amount(totals['dead_stock_value'])}" if totals["dead_stock_value"] is not None else ""
    return f"{note} {totals['dead_products']:,} products in stock had no sale for over 90 days{value}."
