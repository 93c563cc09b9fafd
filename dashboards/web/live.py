"""Live: the last minute, read every second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html

from contracts.errors import LakeError
from dashboards.web.cards import table
from dashboards.web.data import Answer
from dashboards.web.style import Style
from lambdas.live.metrics import tally_sum, top_products
from lambdas.live.snapshot import SHOWN, WINDOW_SECONDS, Snapshot

REFRESH_MILLISECONDS = 1000
NOT_RUNNING = "The local stack is not running; start it with `shoplake up`, and send events with `shoplake produce`."
LISTED = 5


def frame(snapshot: Callable[[], Snapshot] | None) -> list[Any]:
    """The place of the figures, and the clock that refreshes it."""
    return [dcc.Interval(id="tick", interval=REFRESH_MILLISECONDS), html.Div(content(snapshot), id="live", role="status")]


def callback(app: Dash, snapshot: Callable[[], Snapshot] | None) -> None:
    def refresh(_: int) -> list[Any]:
        return content(snapshot)

    app.callback(Output("live", "children"), Input("tick", "n_intervals"), prevent_initial_call=True)(refresh)


def content(snapshot: Callable[[], Snapshot] | None) -> list[Any]:
    """Figures, products, warnings and alerts of now; or why there are none."""
    try:
        if snapshot is None:
            raise LakeError(NOT_RUNNING)
        return figures(snapshot())
    except LakeError as error:
        return [dmc.Alert(str(error), color="gray", title="Nothing to show")]


def figures(shown: Snapshot) -> list[Any]:
    total = tally_sum(window.total for window in shown.windows)
    newest = shown.windows[-1] if shown.windows else None
    age = f"{max((shown.at - shown.last_arrival).total_seconds(), 0):,.0f} s ago" if shown.last_arrival else "none yet"
    facts = [
        ("Events", f"{total.events:,}", f"{total.events / SHOWN.total_seconds():,.1f} per second"),
        *[(label, f"{total.counts.get(kind, 0):,}", "") for label, kind in (("Views", "view"), ("Carts", "cart"))],
        ("Purchases", f"{total.counts.get('purchase', 0) + total.counts.get('order', 0):,}", ""),
        ("Revenue", f"{total.revenue:,.2f}", "of purchases in the last minute"),
        ("Active users", str(newest.active_users) if newest else "0", f"in the last {WINDOW_SECONDS} s"),
    ]
    if shown.failed_batches is not None:
        hint = "`shoplake live redrive` sends them again" if shown.failed_batches else ""
        facts.append(("Failed batches", f"{shown.failed_batches:,}", hint))
    tiles = [
        html.Div(
            [html.Div(a, className="tile-label"), html.Div(b, className="tile-value"), html.Div(c, className="tile-hint")],
            className="tile",
        )
        for a, b, c in facts
    ]
    products = [
        {
            "product": product,
            "views": f"{tally.counts.get('view', 0):,}",
            "carts": f"{tally.counts.get('cart', 0):,}",
            "revenue": f"{tally.revenue:,.2f}",
        }
        for product, tally in top_products(shown.windows, limit=LISTED)
    ]
    warnings = [
        {"warning": code, "events": f"{count:,}", "example": sample}
        for code, (count, sample) in list(shown.warnings.items())[:LISTED]
    ]
    alerts = [{"alert": text} for text in shown.alerts[-LISTED:]]
    return [
        html.P(f"Last minute until {shown.at:%H:%M:%S} UTC; last record read: {age}.", className="note"),
        html.Div(tiles, className="tiles"),
        html.Div(
            [
                _list("Top products", products, "No events in the last minute."),
                _list("Alerts of today", alerts, "No alerts today."),
                _list("Warnings of today", warnings, "No warnings today."),
            ],
            className="cards",
        ),
    ]


def _list(title: str, rows: list[dict[str, Any]], empty: str) -> html.Section:
    body = table(Answer.of(rows), [], Style()) if rows else html.P(empty, className="note")
    return html.Section([html.H2(title), body], className="card")
