"""Inventory and margin: what to reorder, and what earns."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import Chart, Page, Tile

NO_STOCK = "This source reports no stock."
NO_COSTS = "This source reports no costs, so there is no margin."

PAGE = Page(
    path="/inventory",
    title="Inventory and margin",
    lead="Stock as of the last day of sales, and margins over all days.",
    tiles=(
        Tile(
            label="To reorder",
            query="stock",
            column="reorder_products",
            hint="products whose stock does not last until a delivery",
        ),
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
            note="Margin of the 15 categories that earn most, where costs are known. Costs are those of today.",
            query="category_margins",
            empty=NO_COSTS,
            draw=lambda p: figures.bars(p.rows, p.style, name="category", value="margin_amount"),
        ),
        Chart(
            key="margin-rates",
            title="Margin per revenue",
            note="The same categories: margin as a share of net revenue.",
            query="category_margins",
            empty=NO_COSTS,
            draw=lambda p: figures.bars(p.rows, p.style, name="category", value="margin_rate"),
        ),
        Chart(
            key="product-margins",
            title="Products that earn most",
            note="The 25 products with the highest margin.",
            query="product_margins",
            empty=NO_COSTS,
            wide=True,
        ),
    ),
)
