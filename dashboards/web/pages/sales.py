"""Sales: what came in during the period, and from where."""

from __future__ import annotations

import calendar
from datetime import timedelta
from typing import Any

from dashboards.web import figures
from dashboards.web.data import Row
from dashboards.web.filters import CHOICES, Filters
from dashboards.web.page import LINES, Chart, Page, Picture, Tile

NO_SALES = "No orders in this period with these filters. Choose an earlier period, or reset the filters."


def _step(row: Row, filters: Filters) -> dict[str, Any]:
    """The days of a step, within the period."""
    first = row["step"]
    days = {"day": 1, "week": 7, "month": calendar.monthrange(first.year, first.month)[1]}[filters.grain]
    return {"first": max(first, filters.first), "last": min(first + timedelta(days=days - 1), filters.last)}


def _over_time(picture: Picture) -> figures.Figure:
    return figures.over_time(picture.rows, picture.style, value="net_amount", former=picture.former, links=picture.links)


def _breakdown(kind: str, title: str, note: str) -> Chart:
    """Net revenue by one kind of name. One query answers all of them, because each query costs a page its time."""
    return Chart(
        key=f"by-{kind}",
        title=title,
        note=note,
        query="sales_breakdown",
        fetch=lambda data, filters: data.answer("sales_breakdown", **filters.values).of_kind(kind),
        empty=NO_SALES,
        draw=lambda p: figures.bars(p.rows, p.style, name="name", value="net_amount", links=p.links),
        drill=(lambda row, _: {kind: row["name"]}) if kind in CHOICES else None,
    )


PAGE = Page(
    path="/",
    title="Sales",
    lead="Orders and revenue of the period, after returns.",
    uses=LINES,
    tiles=(
        Tile(
            label="Net revenue", query="sales_period", column="net_amount", compared=True, hint="sales less returns and discounts"
        ),
        Tile(label="Orders", query="sales_period", column="orders", compared=True),
        Tile(
            label="Average order",
            query="sales_period",
            column="average_order_value",
            compared=True,
            hint="before returns, without orders of zero value",
        ),
        Tile(label="Customers", query="sales_period", column="buyers", compared=True, hint="known customers who bought"),
        Tile(label="Returned", query="sales_period", column="return_rate", compared=True, hint="value returned per value sold"),
    ),
    charts=(
        Chart(
            key="over-time",
            title="Revenue over time",
            note="Net revenue; hatched where the period cuts a week or month. The dotted line is the period before.",
            query="sales_over_time",
            empty=NO_SALES,
            draw=_over_time,
            drill=_step,
            compared=True,
            wide=True,
        ),
        _breakdown("category", "By category", "Net revenue of the 15 largest categories. Select a bar to see its order lines."),
        _breakdown("brand", "By brand", "Net revenue of the 15 largest brands."),
        _breakdown("segment", "By customer segment", "Net revenue by the RFM segment that customers are in today."),
        _breakdown("country", "By country", "Net revenue of the 15 largest countries."),
    ),
)
