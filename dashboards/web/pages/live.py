"""Live: the last minute. Its figures are in dashboards.web.live."""

from __future__ import annotations

from dashboards.web.page import Page

PAGE = Page(
    path="/live",
    title="Live",
    lead="The last minute of all events that the API accepted, refreshed every second.",
    charts=(),
    live=True,
)
