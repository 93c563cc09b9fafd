"""Sections about scores of models: customers who are likely to leave, and unusual orders, sessions and customers."""

from __future__ import annotations

from datetime import datetime

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

TOP = 12


def customers_at_risk(source: ReportSource) -> Section | None:
    """The customers with the highest revenue among those most likely to leave."""
    listed = source.lake.report("valuable_customers_likely_to_leave", source=source.name, order_by=("value_rank",), limit=TOP)
    rows = [row for row in listed if row["net_amount"] is not None]
    scored = source.view("churn_risk", order_by=("risk_rank",), limit=1)
    if not rows or not scored:
        return None
    figure, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["customer_id"] for row in rows], [float(row["net_amount"]) for row in rows], source.money, room=14)
    first = scored[0]
    note = (
        f"Of the three tenths of customers most likely to buy nothing in the {first['horizon_days']} days after "
        f"{first['as_of']:%-d %B %Y}, those with the highest net revenue so far."
    )
    table = [
        (
            row["customer_id"],
            Figure(percent(row["churn_probability"])),
            Figure(source.amount(row["net_amount"])),
            row["rfm_segment"],
            row["last_order_date"],
            row["reasons"],
        )
        for row in rows
    ]
    columns = ("customer", "likely to leave", "net revenue", "segment", "last order", "reasons")
    method = f"Probabilities of version {first['model_version']} of the churn model; `shoplake models show` has its quality."
    return Section(note, figure, columns, table, method=method)


def unusual_orders(source: ReportSource) -> Section | None:
    """The most unusual orders that nobody has reviewed yet."""
    rows = source.view("unusual_orders", order_by=("unusual_rank",), limit=TOP)
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["order_id"] for row in rows], [float(row["order_amount"] or 0) for row in rows], source.money, room=14)
    note = (
        f"The most unusual orders until {rows[0]['as_of']:%-d %B %Y}, the most unusual first, with their sales. "
        "Unusual is not wrong: a person decides."
    )
    table = [
        (
            row["order_id"],
            row["customer_id"],
            _minute(row["ordered_at"]),
            Figure(source.amount(row["order_amount"])),
            row["reasons"],
        )
        for row in rows
    ]
    columns = ("order", "customer", "ordered at (UTC)", "sales", "reasons")
    method = f"Found by version {rows[0]['model_version']} of the anomaly model; reviewed orders are left out."
    return Section(note, figure, columns, table, method=method)


def unusual_visitors(source: ReportSource) -> Section | None:
    """The most unusual sessions and customers that nobody has reviewed yet."""
    rows = source.view("unusual_visitors", order_by=("unusual_rank", "entity"), limit=TOP)
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["entity_id"] for row in rows], [row["anomaly_score"] for row in rows], "{:.1f}".format, room=14)
    note = (
        f"The most unusual sessions and customers until {max(row['as_of'] for row in rows):%-d %B %Y}, with their scores. Scores "
        "of sessions and of customers are not comparable. Unusual is not wrong: a person decides."
    )
    table = [(row["entity"], row["entity_id"], row["customer_id"], _minute(row["started_at"]), row["reasons"]) for row in rows]
    columns = ("what", "ID", "customer", "started at (UTC)", "reasons")
    method = "Found by the models session_anomaly and customer_anomaly; what was reviewed is left out."
    return Section(note, figure, columns, table, method=method)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
