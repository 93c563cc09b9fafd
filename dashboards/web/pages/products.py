"""Products: bestsellers of the period, trends, prices, and what is bought together."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import LINES, Chart, Page
from dashboards.web.pages.sales import NO_SALES

PAGE = Page(
    path="/products",
    title="Products",
    lead="What sells, what begins to sell, and what sells together.",
    uses=LINES,
    charts=(
        Chart(
            key="bestsellers",
            title="Bestsellers",
            note="The 25 products with the highest net revenue in the period. Select a bar to see its order lines.",
            query="sales_by_product",
            empty=NO_SALES,
            draw=lambda p: figures.bars(p.rows, p.style, name="product", value="net_amount", links=p.links),
            drill=lambda row, _: {"subject": row["product_id"]},
            wide=True,
        ),
        Chart(
            key="trending",
            title="Trending now",
            note="Units of the last 7 days, for products that sell at least half as fast again as in the 28 days before.",
            query="trending",
            empty="No product sells faster than before, or there are too few days to compare.",
            draw=lambda p: figures.bars(p.rows, p.style, name="product", value="units_last_7_days"),
        ),
        Chart(
            key="bought-together",
            title="Bought together",
            note="Pairs in the same order. Lift says how many times as often as by chance.",
            query="bought_together",
            empty="No pairs yet: run `shoplake analyze recommend`, or wait for more orders.",
        ),
        Chart(
            key="price-bands",
            title="Price bands",
            note="Net revenue by price, over all days.",
            query="price_bands",
            empty="No sales yet.",
            draw=lambda p: figures.columns(p.rows, p.style, name="price_band", value="net_amount"),
        ),
    ),
)
