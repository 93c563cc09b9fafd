"""Orders: the lines behind a figure."""

from __future__ import annotations

from dashboards.web.page import LINES, Chart, Page, Tile
from dashboards.web.pages.sales import NO_SALES

PAGE = Page(
    path="/orders",
    title="Order lines",
    lead="The rows behind a figure. Other pages lead here, or choose filters above.",
    uses=LINES | {"subject"},
    subject="Product, customer or order ID",
    tiles=(
        Tile(label="Lines", query="order_row_totals", column="lines"),
        Tile(label="Orders", query="order_row_totals", column="orders"),
        Tile(label="Net revenue", query="order_row_totals", column="net_amount"),
    ),
    charts=(
        Chart(
            key="lines",
            title="Order lines",
            note="The largest by net revenue; the figures above count all lines.",
            query="order_rows",
            empty=NO_SALES,
            wide=True,
        ),
    ),
)
