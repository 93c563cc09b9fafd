"""What pages are built of: tiles, cards with a chart and its figures, and the states in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.web.data import Answer, Row
from dashboards.web.figures import Figure
from dashboards.web.page import Chart, Tile
from dashboards.web.style import Style, heading
from offline.console.render import NUMBERS

# The browser needs seconds for thousands of cells; the export has all rows.
SHOWN_ROWS = 100
# Plotly's own button saves the chart as a picture in the browser.
GRAPH = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"],
    "responsive": True,
}


def tile(shown: Tile, row: Row, former: Row | None, style: Style, *, compared_with: str) -> html.Div:
    """A figure, with its change since the former period if that is there."""
    value = row.get(shown.column)
    parts: list[Any] = [
        html.Div(shown.label, className="tile-label"),
        html.Div(style.tile(shown.column, value), className="tile-value", id=f"tile-{shown.column}"),
    ]
    if former is not None:
        parts.append(html.Div(_change(value, former.get(shown.column), compared_with), className="tile-change"))
    if shown.hint:
        parts.append(html.Div(shown.hint, className="tile-hint"))
    return html.Div(parts, className="tile")


def _change(value: Any, before: Any, compared_with: str) -> str:
    if value is None or not before:
        return f"nothing to compare {compared_with}"
    change = float(value) / float(before) - 1
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return f"{arrow} {abs(change):.1%} {compared_with}"


def card(chart: Chart, figure: Figure | None, answer: Answer, links: Sequence[str | None], style: Style) -> html.Section:
    """A chart with its note, and its figures as a table that a keyboard and a screen reader reach.

    Below a chart the table is filled when it is opened: the browser takes longer to build the cells than to draw the charts.
    """
    parts: list[Any] = [html.H2(chart.title, id=f"title-{chart.key}"), html.P(chart.note, className="note")]
    if figure is None:
        parts.append(table(answer, links, style))
    else:
        graph = dcc.Graph(
            id={"type": "chart", "key": chart.key},
            figure=figure,
            config={**GRAPH, "toImageButtonOptions": {"filename": chart.key, "scale": 2}},
            style={"height": f"{figure['layout']['height']}px"},
        )
        parts += [
            html.Div(graph, role="group", **{"aria-label": f"Chart: {chart.title}"}),
            html.Details(
                [
                    html.Summary("Show the figures", id={"type": "open", "key": chart.key}),
                    html.Div(id={"type": "figures", "key": chart.key}, role="status"),
                ]
            ),
        ]
    return _framed(chart, parts)


def state(chart: Chart, sentence: str, *, is_error: bool = False) -> html.Section:
    """A card without rows: why there are none, or what went wrong."""
    parts = [
        html.H2(chart.title, id=f"title-{chart.key}"),
        dmc.Alert(
            sentence, color="red" if is_error else "gray", title="This could not be read" if is_error else "Nothing to show"
        ),
    ]
    return _framed(chart, parts)


def table(answer: Answer, links: Sequence[str | None], style: Style) -> html.Div:
    """Rows as an HTML table; with a link, the first cell leads to the rows behind it."""
    columns = [name for name, _ in answer.columns]
    classes = [_alignment(kind) for _, kind in answer.columns]
    head = html.Tr([html.Th(heading(name), scope="col", className=side) for name, side in zip(columns, classes, strict=True)])
    body = [
        html.Tr(
            [
                html.Td(_cell(name, row[name], style, link if place == 0 else None), className=side)
                for place, (name, side) in enumerate(zip(columns, classes, strict=True))
            ]
        )
        for row, link in zip(answer.rows[:SHOWN_ROWS], links or [None] * len(answer.rows), strict=False)
    ]
    parts: list[Any] = [html.Table([html.Thead(head), html.Tbody(body)])]
    if len(answer.rows) > SHOWN_ROWS:
        parts.append(
            html.P(f"The first {SHOWN_ROWS} of {len(answer.rows):,} rows; the export has all of these.", className="note")
        )
    return html.Div(parts, className="scroll", tabIndex="0")


def _cell(name: str, value: Any, style: Style, link: str | None) -> Any:
    text = style.text(name, value)
    return dcc.Link(text, href=link) if link else text


def _alignment(kind: str) -> str:
    return "number" if kind.startswith(NUMBERS) else "day" if kind == "date" else ""


def _framed(chart: Chart, parts: list[Any]) -> html.Section:
    wide = " wide" if chart.wide else ""
    return html.Section(parts, className=f"card{wide}", id=f"card-{chart.key}", **{"aria-labelledby": f"title-{chart.key}"})
