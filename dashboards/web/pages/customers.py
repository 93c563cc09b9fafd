"""Customers: who they are, who comes back, and what they are worth."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import Chart, Page, Tile

NO_ANALYSIS = "Not computed yet for this source: run `shoplake analyze {0}`."
NO_CUSTOMERS = "This source has no customers with orders."
NO_SCORES = (
    "No scores: the source has no customers with orders, or its history is too short to tell who returns (docs/analyses.md, RFM)."
)

PAGE = Page(
    path="/customers",
    title="Customers",
    lead="All known customers of the source, over all days.",
    tiles=(
        Tile(label="Customers", query="customer_totals", column="customers", hint="with at least one order"),
        Tile(label="Ordered again", query="customer_totals", column="repeat_rate", hint="two orders or more"),
        Tile(
            label="Top tenth",
            query="customer_totals",
            column="top_tenth_share",
            hint="share of known customers' revenue from the best tenth",
        ),
    ),
    charts=(
        Chart(
            key="rfm-segments",
            title="Segments by recency, frequency and spending",
            note="Net revenue of each RFM segment. Select a bar to see its order lines of the period.",
            query="rfm_segments",
            empty=NO_SCORES,
            draw=lambda p: figures.bars(p.rows, p.style, name="segment", value="net_amount", links=p.links),
            drill=lambda row, _: {"segment": row["segment"]},
        ),
        Chart(
            key="rfm-grid",
            title="Recency against spending",
            note="Number of customers. 5 is best: bought most recently (right), often and for much (bottom).",
            query="rfm_grid",
            empty=NO_SCORES,
            draw=lambda p: figures.grid(
                p.rows, p.style, across="recency_score", down="value_score", value="customers", hover="segment"
            ),
        ),
        Chart(
            key="cohorts",
            title="Do customers come back?",
            note="Of the customers who first bought in a month, the share that bought later. * The month is still running.",
            query="cohorts",
            empty=NO_CUSTOMERS,
            draw=lambda p: figures.grid(p.rows, p.style, across="months_since", down="cohort_month", value="retention_rate"),
            wide=True,
        ),
        Chart(
            key="lifecycle",
            title="Where customers stand",
            note="Customers by lifecycle state, from the time since their last order.",
            query="lifecycle",
            empty=NO_CUSTOMERS,
            draw=lambda p: figures.bars(p.rows, p.style, name="lifecycle_state", value="customers"),
        ),
        Chart(
            key="order-frequency",
            title="Orders per customer",
            note="Customers by number of orders; 10 stands for 10 and more.",
            query="order_frequency",
            empty=NO_CUSTOMERS,
            draw=lambda p: figures.columns(p.rows, p.style, name="orders", value="customers"),
        ),
        Chart(
            key="behavior",
            title="Segments by behavior",
            note="Groups of customers found by k-means, named by what sets them apart.",
            query="segments",
            empty=NO_ANALYSIS.format("segment"),
            draw=lambda p: figures.bars(p.rows, p.style, name="segment_name", value="customers"),
        ),
        Chart(
            key="value",
            title="Predicted revenue, next 90 days",
            note="By tenth of the customers, 1 is the best. A forecast, not a promise.",
            query="value_deciles",
            empty=NO_ANALYSIS.format("value"),
            draw=lambda p: figures.columns(p.rows, p.style, name="decile", value="predicted_value_90"),
        ),
    ),
)
