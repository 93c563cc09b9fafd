"""Recommendations: what one customer would be shown, what goes with one product, and how good the methods are."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import Chart, Page

NONE_YET = "No recommendations yet: run `shoplake analyze recommend`."

PAGE = Page(
    path="/recommendations",
    title="Recommendations",
    lead="Type a customer or a product. Without one, the page shows what new customers get.",
    uses=frozenset({"subject"}),
    subject="Customer or product ID",
    charts=(
        Chart(
            key="customer",
            title="The customer",
            note="Orders and segment of this customer.",
            query="customer_card",
            empty="No customer with orders has this ID.",
            shown=lambda filters: bool(filters.subject),
            wide=True,
        ),
        Chart(
            key="recommended",
            title="Recommended products",
            note="Best first. A customer without a list of their own gets the list of new customers.",
            query="recommended",
            empty=NONE_YET,
            wide=True,
        ),
        Chart(
            key="goes-with",
            title="Goes with this product",
            note="Products that are bought (purchase) or viewed (view) with it.",
            query="goes_with_product",
            empty="No product with pairs has this ID.",
            shown=lambda filters: bool(filters.subject),
            wide=True,
        ),
        Chart(
            key="quality",
            title="How good are they?",
            note="Share of customers for whom one of ten recommendations was right, on held-back time.",
            query="recommender_quality",
            empty=NONE_YET,
            draw=lambda p: figures.bars(p.rows, p.style, name="model", value="hit_rate_10"),
        ),
        Chart(
            key="try-customers",
            title="Customers to try",
            note="Those with the highest revenue.",
            query="example_customers",
            drill=lambda row, _: {"subject": row["customer_id"]},
            leads_to="/recommendations",
            empty="No customers with orders.",
        ),
        Chart(
            key="try-products",
            title="Products to try",
            note="Those with the highest revenue.",
            query="example_products",
            drill=lambda row, _: {"subject": row["product_id"]},
            leads_to="/recommendations",
            empty="No products with sales.",
        ),
    ),
)
