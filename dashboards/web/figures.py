"""Charts as Plotly's plain dictionaries: building its Python objects takes longer than the query behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.web.style import Style, heading

Figure = dict[str, Any]
Rows = Sequence[dict[str, Any]]
NAME_ROOM = 23
# Pixels for the value at the end of a bar, also on a phone.
VALUE_ROOM = 70
HATCHED = "/"


def bars(rows: Rows, style: Style, *, name: str, value: str, links: Sequence[str | None] = ()) -> Figure:
    """Horizontal bars, the first on top, each with its value at its end."""
    texts = [style.text(value, row[value], short=True) for row in rows]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [number(row[value]) for row in rows],
        "y": list(range(len(rows))),
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": list(links) or None,
        "hovertext": [f"{row[name]}<br>{heading(value)}: {text}" for row, text in zip(rows, texts, strict=True)],
        "hoverinfo": "text",
        "marker": {"color": style.main},
        "textfont": {"color": style.ink},
    }
    figure = _figure([trace], style, height=60 + 27 * max(len(rows), 3))
    figure["layout"]["yaxis"] |= {
        "autorange": "reversed",
        "tickvals": list(range(len(rows))),
        "ticktext": [shorten(str(row[name])) for row in rows],
        "showgrid": False,
    }
    most = max([number(row[value]) or 0 for row in rows], default=0)
    least = min([number(row[value]) or 0 for row in rows], default=0)
    figure["layout"]["xaxis"] |= {"visible": False, "range": [min(least, 0), most or 1]}
    figure["layout"]["margin"] |= {"r": VALUE_ROOM}
    return figure


def columns(rows: Rows, style: Style, *, name: str, value: str, links: Sequence[str | None] = ()) -> Figure:
    """Vertical bars over names in their own order, each with its value on top."""
    texts = [style.text(value, row[value], short=True) for row in rows]
    trace = {
        "type": "bar",
        "x": [str(row[name]) for row in rows],
        "y": [number(row[value]) for row in rows],
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": list(links) or None,
        "hovertemplate": f"%{{x}}<br>{heading(value)}: %{{text}}<extra></extra>",
        "marker": {"color": style.main},
        "textfont": {"color": style.ink},
    }
    figure = _figure([trace], style, height=320)
    figure["layout"]["xaxis"] |= {"type": "category", "title": {"text": heading(name)}, "showgrid": False}
    figure["layout"]["yaxis"] |= {"visible": False}
    return figure


def over_time(rows: Rows, style: Style, *, value: str, former: Rows = (), links: Sequence[str | None] = ()) -> Figure:
    """A bar per step, hatched where the period cuts it, and the former period as a line at the same places."""
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": "this period",
            "x": [row["step"].isoformat() for row in rows],
            "y": [number(row[value]) for row in rows],
            "customdata": list(links) or None,
            "text": [style.text(value, row[value]) + (" (partial)" if row["is_partial"] else "") for row in rows],
            "textposition": "none",
            "hovertemplate": "%{x}: %{text}<extra></extra>",
            "marker": {"color": style.main, "pattern": {"shape": [HATCHED if row["is_partial"] else "" for row in rows]}},
        }
    ]
    if former and rows:
        shift = rows[0]["step"] - former[0]["step"]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "period before",
                "x": [(row["step"] + shift).isoformat() for row in former],
                "y": [number(row[value]) for row in former],
                "text": [f"{row['step'].isoformat()}: {style.text(value, row[value])}" for row in former],
                "hovertemplate": "before, %{text}<extra></extra>",
                "line": {"color": style.second, "width": 2, "dash": "dot"},
            }
        )
    figure = _figure(traces, style, height=340)
    figure["layout"] |= {"showlegend": bool(former), "legend": {"orientation": "h", "y": 1.12, "x": 0}}
    figure["layout"]["xaxis"] |= {"type": "date", "showgrid": False}
    figure["layout"]["yaxis"] |= {"title": {"text": heading(value)}, "rangemode": "tozero", "tickformat": _ticks(value)}
    return figure


def grid(rows: Rows, style: Style, *, across: str, down: str, value: str, hover: str | None = None) -> Figure:
    """Colored cells with their values; a combination without a row stays blank. A month that is still running has a star."""
    xs, ys = (sorted({row[column] for row in rows}) for column in (across, down))
    cells = {(row[down], row[across]): row for row in rows}
    found = [[cells.get((y, x)) for x in xs] for y in ys]
    trace = {
        "type": "heatmap",
        "x": [_label(x) for x in xs],
        "y": [_label(y) for y in ys],
        "z": [[number(row[value]) if row else None for row in line] for line in found],
        "text": [[_cell_text(row, style, value) if row else "" for row in line] for line in found],
        "hovertext": [[_hover(row, style, value, hover) if row else "" for row in line] for line in found],
        "hoverinfo": "text",
        "texttemplate": "%{text}",
        "colorscale": style.scale,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    figure = _figure([trace], style, height=90 + 30 * max(len(ys), 5))
    figure["layout"]["xaxis"] |= {"type": "category", "title": {"text": heading(across)}, "showgrid": False}
    figure["layout"]["yaxis"] |= {
        "type": "category",
        "title": {"text": heading(down), "standoff": 8},
        "autorange": "reversed",
        "showgrid": False,
    }
    return figure


def steps(rows: Rows, style: Style, *, name: str, value: str, share: str) -> Figure:
    """A bar per step of a funnel, with its value and its share of the first."""
    figure = bars(rows, style, name=name, value=value)
    figure["data"][0]["text"] = [f"{style.text(value, row[value], short=True)} ({style.text(share, row[share])})" for row in rows]
    figure["layout"]["margin"] |= {"r": 2 * VALUE_ROOM}
    return figure


def number(value: Any) -> Any:
    """A value as JSON has numbers."""
    return float(value) if isinstance(value, Decimal) else value


def shorten(text: str) -> str:
    return text if len(text) <= NAME_ROOM else text[: NAME_ROOM - 1].rstrip() + "…"


def _label(value: Any) -> str:
    return f"{value:%b %Y}" if isinstance(value, date) else str(value)


def _cell_text(row: dict[str, Any], style: Style, value: str) -> str:
    return style.text(value, row[value], short=True) + ("" if row.get("is_complete_month", True) else " *")


def _hover(row: dict[str, Any], style: Style, value: str, hover: str | None) -> str:
    first = f"{row[hover]}<br>" if hover else ""
    return first + f"{heading(value)}: {style.text(value, row[value])}"


def _ticks(value: str) -> str:
    return ".0%" if value.endswith(("_rate", "_share")) else "~s"


def _figure(traces: list[dict[str, Any]], style: Style, *, height: int) -> Figure:
    axis = {"gridcolor": style.line, "linecolor": style.line, "zeroline": False, "automargin": True, "fixedrange": True}
    layout = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        # Where nothing can hover, as on a phone, the buttons are always shown, and Plotly would put them on gray.
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": style.soft},
        "font": {"color": style.soft, "size": 13, "family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"},
        "hoverlabel": {"align": "left"},
        "showlegend": False,
        "xaxis": {**axis, "tickfont": {"color": style.ink}},
        "yaxis": {**axis, "tickfont": {"color": style.ink}},
        "uniformtext": {"minsize": 10, "mode": "show"},
    }
    return {"data": traces, "layout": layout}
