"""Sections about customers who come back: cohorts and the RFM grid."""

from __future__ import annotations

from typing import Any

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

MAX_COHORTS = 13


def cohort_map(source: ReportSource) -> Section | None:
    """The share of customers that bought again, by month of their first purchase and months since."""
    rows = source.view("cohort_retention", order_by=("cohort_month", "months_since"))
    months = sorted({row["cohort_month"] for row in rows})[-MAX_COHORTS:]
    if len(months) < 2:
        return None
    width = min(MAX_COHORTS, max(row["months_since"] for row in rows if row["cohort_month"] in months) + 1)
    rates = {(row["cohort_month"], row["months_since"]): row["retention_rate"] for row in rows}
    sizes = {row["cohort_month"]: row["cohort_customers"] for row in rows}
    cells: list[list[float | None]] = [[rates.get((month, since)) for since in range(1, width)] for month in months]
    known = [value for row in cells for value in row if value is not None]
    figure, (ax,) = charts.figure(max(5, len(months)), width=charts.WIDTH * 1.25)
    charts.heat(ax, cells, lambda share: f"{share:.0%}", highest=max(known, default=1.0))
    ax.set_yticks(range(len(months)), [f"{month:%b %Y} ({sizes[month]:,})" for month in months])
    ax.set_xticks(range(width - 1), [str(since) for since in range(1, width)])
    ax.set_xlabel("months after the first purchase")
    table = [
        (f"{month:%Y-%m}", sizes[month], *[Figure("" if rate is None else percent(rate)) for rate in row])
        for month, row in zip(months, cells, strict=True)
    ]
    columns = ("first purchase", "customers", *[f"+{n}" for n in range(1, width)])
    return Section(_cohort_note(rows), figure, columns, table, wide=True)


def _cohort_note(rows: list[dict[str, Any]]) -> str:
    last = max(row["cohort_month"] for row in rows)
    note = f"Customers by month of their first purchase (with their number), up to {last:%b %Y}."
    next_month = [row for row in rows if row["months_since"] == 1 and row["is_complete_month"]]
    customers, active = (sum(row[name] for row in next_month) for name in ("cohort_customers", "active_customers"))
    if customers:
        note += f" {percent(active / customers)} bought again in the month after their first purchase."
    if not all(row["is_complete_month"] for row in rows):
        note += " The most recent month is incomplete, so the last value of each row is low."
    return note


def rfm_grid(source: ReportSource) -> Section | None:
    """Customers by how recently, and by how often and for how much, they bought, with the names of the segments."""
    rows = source.view("rfm_grid", order_by=("recency_score", "value_score"))
    segments = source.view("rfm_segments", order_by=("net_amount desc", "segment"))
    if not rows or not segments:
        return None
    figure, (ax,) = charts.figure(11, width=charts.WIDTH * 1.25)
    cell_rows = {(row["recency_score"], row["value_score"]): row for row in rows}
    counts = {place: row["customers"] for place, row in cell_rows.items()}
    cells: list[list[float | None]] = [[counts.get((recency, value)) for value in range(1, 6)] for recency in range(5, 0, -1)]
    charts.heat(ax, cells, lambda _: "")
    highest = max(counts.values())
    for (recency, value), row in cell_rows.items():
        text = f"{charts.wrap(row['segment'], 12)}\n{row['customers']:,}"
        color = "white" if row["customers"] > 0.6 * highest else charts.INK
        ax.text(value - 1, 5 - recency, text, ha="center", va="center", fontsize=9, color=color)
    ax.set_xticks(range(5), ["1", "2", "3", "4", "5"])
    ax.set_yticks(range(5), ["5", "4", "3", "2", "1"])
    ax.set_xlabel("how often and for how much (5 is the most)")
    ax.set_ylabel("how recently (5 is the most recent)")
    table = [
        (
            row["segment"],
            row["customers"],
            Figure(percent(row["customer_share"])),
            Figure(source.amount(row["net_amount"])),
            Figure(percent(row["net_amount_share"])),
            Figure(percent(row["share_of_shop_net"])),
        )
        for row in segments
    ]
    best = table[0]
    note = (
        f"{best[0]} are {best[2]} of known customers. They bring {best[4]} of these customers' net revenue, "
        f"which is {best[5]} of all net revenue. Each score is a fifth of the customers; a tie gets the middle of its scores."
    )
    return Section(
        note, figure, ("segment", "customers", "share", "net revenue", "of known customers", "of all"), table, wide=True
    )
