"""Funnel and journeys: from the first click to the purchase."""

from __future__ import annotations

from dashboards.web import figures
from dashboards.web.page import PERIOD, Chart, Page, Tile

NO_SESSIONS = "This source has no sessions in this period. Order exports have none; the API and click logs do."

PAGE = Page(
    path="/funnel",
    title="Funnel and journeys",
    lead="Sessions of the period, and how far they came.",
    uses=PERIOD,
    tiles=(
        Tile(label="Sessions", query="sessions_period", column="sessions", compared=True),
        Tile(
            label="Sessions that bought",
            query="sessions_period",
            column="purchase_rate",
            compared=True,
            hint="with a purchase, whatever came before it",
        ),
        Tile(label="Left at once", query="sessions_period", column="single_event_rate", compared=True, hint="one event only"),
    ),
    charts=(
        Chart(
            key="funnel",
            title="Funnel",
            note="Sessions that reached each step in this order, as a share of all sessions.",
            query="funnel_steps",
            empty=NO_SESSIONS,
            draw=lambda p: figures.steps(p.rows, p.style, name="step", value="sessions", share="share_of_sessions"),
            wide=True,
        ),
        Chart(
            key="sessions",
            title="Sessions over time",
            note="Hatched where the period cuts a week or month. The dotted line is the period before.",
            query="sessions_over_time",
            empty=NO_SESSIONS,
            draw=lambda p: figures.over_time(p.rows, p.style, value="sessions", former=p.former),
            compared=True,
            wide=True,
        ),
        Chart(
            key="lengths",
            title="Longer visits buy more",
            note="Share of sessions with a purchase, by number of events, over all days.",
            query="session_lengths",
            empty=NO_SESSIONS,
            draw=lambda p: figures.columns(p.rows, p.style, name="events_per_session", value="purchase_rate"),
        ),
        Chart(
            key="viewed-together",
            title="Viewed together",
            note="Pairs of products in the same session. Lift says how many times as often as by chance.",
            query="viewed_together",
            empty="No pairs yet: run `shoplake analyze recommend`, or wait for more sessions.",
        ),
    ),
)
