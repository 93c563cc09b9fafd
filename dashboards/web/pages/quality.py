"""Data quality: did every row arrive, what was refused, and how fresh is it?"""

from __future__ import annotations

from contracts.zones import Zone
from dashboards.web import figures
from dashboards.web.page import Chart, Page, Tile

PAGE = Page(
    path="/quality",
    title="Alerts and data quality",
    lead="What needs a look: products, refused rows, and columns that changed.",
    tiles=(
        Tile(label="Urgent reorders", query="stock", column="urgent_products", hint="see Inventory"),
        Tile(label="Last sale", query="freshness", column="last_sale_date"),
        Tile(label="Last day of data", query="freshness", column="last_date"),
    ),
    charts=(
        Chart(
            key="reconciliation",
            title="Did every row arrive?",
            note="Most recent load of each table: rows read are processed, refused, repeated or filtered by rule.",
            query="report:reconciliation",
            zone=Zone.PROCESSED,
            empty="No run of this source is recorded: run `shoplake run`.",
            wide=True,
        ),
        Chart(
            key="refused",
            title="Why rows were refused",
            note="Rows in quarantine by the rule that they broke; a row counts once for each.",
            query="report:quarantine_by_rule",
            zone=Zone.PROCESSED,
            empty="No rows were refused.",
            draw=lambda p: figures.bars(p.rows, p.style, name="rule", value="broken_rows"),
        ),
        Chart(
            key="warnings",
            title="Warnings of the live path",
            note="What was unusual about events that the API accepted, most recent first.",
            query="ingestion_warnings",
            empty="No warnings. They come with events that the API accepted.",
        ),
        Chart(
            key="live-versus-batch",
            title="Live against batch",
            note="Events of a day that the live path counted, and those that the batch loaded.",
            query="live_versus_batch",
            empty="This source has no events from the API, or the batch has not compared them yet.",
        ),
        Chart(
            key="drift",
            title="Columns that changed",
            note="Columns whose values are spread otherwise than in the profile before.",
            query="drifting_columns",
            empty="No column has changed, or there is one profile only (`shoplake analyze profile`).",
        ),
        Chart(
            key="completeness",
            title="Columns with gaps",
            note="Share of rows with a value, the emptiest first.",
            query="completeness",
            empty="No gaps, or no profile yet (`shoplake analyze profile`).",
        ),
    ),
)
