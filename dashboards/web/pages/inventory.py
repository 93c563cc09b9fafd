"""Inventory and margin: what to reorder, and what earns."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import Chart, Page, Tile

NO_STOCK = "This source reports no stock."

PAGE = Page(
    path="/inventory",
    title="Inventory and margin",
    lead="Stock as of the last day of sales, and margins over all days.",
    tiles=(
        Tile(label="To reorder", query="stock", column="reorder_products", hint="products at or below their reorder point"),
        Tile(label="Urgent", query="stock", column="urgent_products", hint="of those, products that sell most"),
        Tile(label="Dead stock", query="stock", column="dead_products", hint="products without a sale for 90 days"),
        Tile(label="Value of dead stock", query="stock", column="dead_stock_value", hint="at cost"),
    ),
    charts=(
        Chart(
            key="reorder",
            title="Reorder now",
            note="The 25 most urgent products: high demand first, then the fewest days of cover.",
            query="reorder",
            empty=f"Nothing to reorder. {NO_STOCK.replace('This', 'Or this')}",
            wide=True,
        ),
        Chart(
            key="margins",
            title="Margin by category",
            note="Margin per revenue of the 15 largest categories with known costs. Costs are today's.",
            query="category_margins",
            empty="This source reports no costs, so there is no margin.",
            draw=lambda p: figures.bars(p.rows, p.style, name="category", value="margin_rate"),
            wide=True,
        ),
    ),
)
