"""Risk: customers who are likely to leave, and orders, sessions and customers that are unusual, with reasons."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import Chart, Page, Tile

NOT_SCORED = "Not scored yet for this source: train and approve {} (docs/models.md), then run `shoplake run`."
NO_RISK = NOT_SCORED.format("a churn model")
NO_ALERTS = f"No order is unusual enough to review. Or: {NOT_SCORED.format('an anomaly model')}"
VISITOR_MODELS = "the models session_anomaly and customer_anomaly"
NO_VISITORS = f"No session or customer is unusual enough to review. Or: {NOT_SCORED.format(VISITOR_MODELS)}"

PAGE = Page(
    path="/risk",
    title="Customers and orders to look at",
    lead="Estimates of approved models, as of the newest day that was scored. Unusual is not wrong: a person decides.",
    tiles=(
        Tile(
            label="Likely to leave", query="risk_totals", column="leaving_customers", hint="probability of 50 % and more to leave"
        ),
        Tile(label="Their revenue so far", query="risk_totals", column="leaving_net_amount", hint="net of returns"),
        Tile(label="Scored customers", query="risk_totals", column="scored_customers", hint="active ones; others had left"),
        Tile(label="Unusual orders", query="unusual_totals", column="unusual_orders", hint="not reviewed yet"),
    ),
    charts=(
        Chart(
            key="at-risk",
            title="Valuable customers likely to leave",
            note="Of the three tenths most likely to leave, the 25 who have spent most. Select one to see their recommendations.",
            query="customers_at_risk",
            empty=NO_RISK,
            drill=lambda row, _: {"subject": row["customer_id"]},
            leads_to="/recommendations",
            wide=True,
        ),
        Chart(
            key="unusual",
            title="Unusual orders to review",
            note="The most unusual first. Record what you find with `shoplake feedback`.",
            query="unusual_orders",
            empty=NO_ALERTS,
            wide=True,
        ),
        Chart(
            key="unusual-visitors",
            title="Unusual sessions and customers to review",
            note="The 15 most unusual of each: crawlers, testers of cards, customers who return nearly everything, and the like.",
            query="unusual_visitors",
            empty=NO_VISITORS,
            wide=True,
        ),
        Chart(
            key="risk-segments",
            title="Likely to leave, by segment",
            note="Customers with a probability of 50 % and more to leave, by RFM segment. Select a bar to see their order lines.",
            query="risk_by_segment",
            empty=NO_RISK,
            draw=lambda p: figures.bars(p.rows, p.style, name="segment", value="customers", links=p.links),
            drill=lambda row, _: {"segment": row["segment"]},
        ),
    ),
)
