"""Callbacks of the server: from the address and the controls to a page, and to the table below a chart."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import dash
import flask
from dash import MATCH, Dash, Input, Output, State
from dash.development.base_component import Component

from dashboards.web import filters as addresses
from dashboards.web import layout
from dashboards.web.filters import CHOICES, Coverage, Filters
from dashboards.web.page import Page
from dashboards.web.pages import PAGES

if TYPE_CHECKING:
    from dashboards.web.app import Dashboard

FIELDS = (*layout.CONTROLS, "subject", "sql")
# What depends on the address, by the names of `_filled`.
OUTPUTS: dict[str, Any] = {
    "search": Output("url", "search"),
    "menu": Output("menu", "children"),
    "content": Output("content", "children"),
    "problems": Output("problems", "children"),
    "status": Output("status", "children"),
    "export": Output("export", "href"),
    "reset": Output("reset", "href"),
    "label": Output("f-subject", "label"),
    "values": {name: Output(f"f-{name}", "value") for name in FIELDS},
    "data": {name: Output(f"f-{name}", "data") for name in ("source", *CHOICES)},
    "styles": {name: Output(f"w-{name}", "style") for name in FIELDS},
}


def opening(dashboard: Dashboard, sign_out: str | None = None) -> Component:
    """The frame that a browser asks for first. It comes with its page, which saves a question and drawing twice, unless the page
    waits for another machine: then the empty frame is shown meanwhile.
    """
    asked = flask.request.args if flask.has_request_context() else {}
    dark = asked.get("dark") == "1"
    frame = layout.frame(sign_out, dark=dark)
    if "page" in asked and dashboard.data.is_near:
        path, search = asked["page"], asked.get("search", "")
        frame["url"].pathname, frame["url"].search = path, search
        _fill(frame, OUTPUTS, _filled(dashboard.render(path, search, dark=dark), search=None, path=path))
    return frame


def _fill(frame: Component, outputs: dict[str, Any], values: dict[str, Any]) -> None:
    for name, output in outputs.items():
        if isinstance(output, dict):
            _fill(frame, output, values[name])
        elif values[name] is not dash.no_update:
            setattr(frame[output.component_id], output.component_property, values[name])


def page(app: Dash, dashboard: Dashboard) -> None:
    """The address and the controls become a page. The first is in the frame, or comes when the browser has read its address."""
    inputs = {
        "path": Input("url", "pathname"),
        "search": Input("url", "search"),
        "dark": Input("dark", "checked"),
        "again": Input("again", "n_clicks"),
        "controls": {name: Input(f"f-{name}", "value") for name in layout.CONTROLS},
        "asked": {
            "show": Input("show-subject", "n_clicks"),
            "enter": Input("f-subject", "n_submit"),
            "run": Input("run-sql", "n_clicks"),
            "subject": State("f-subject", "value"),
            "sql": State("f-sql", "value"),
        },
    }

    def fill(
        path: str,
        search: str,
        dark: bool | None,  # noqa: FBT001 - Dash passes it
        again: int | None,
        controls: dict[str, Any],
        asked: dict[str, Any],
    ) -> dict[str, Any]:
        del again
        trigger = str(dash.ctx.triggered_id or "")
        changed = trigger.startswith("f-") or trigger in ("show-subject", "run-sql")
        if trigger == "again":
            dashboard.data.forget()
        if changed:
            days = dashboard.coverage()  # kept: the page before has read it
            now, _ = addresses.read(search or "", coverage=days)
            typed = {"run-sql": asked["sql"], "show-subject": asked["subject"], "f-subject": asked["subject"]}
            search = chosen(now, controls, subject=typed.get(trigger, now.subject), coverage=days)
        return _filled(
            dashboard.render(path or "/", search or "", dark=bool(dark)), search=search if changed else None, path=path
        )

    app.callback(output=OUTPUTS, inputs=inputs, prevent_initial_call=True)(fill)


def table(app: Dash, dashboard: Dashboard) -> None:
    """The figures below a chart, when they are opened for the first time."""

    def fill(opened: int, path: str, search: str) -> Any:
        return dash.no_update if opened > 1 else dashboard.table(path, search, dash.ctx.triggered_id["key"])

    app.callback(
        Output({"type": "figures", "key": MATCH}, "children"),
        Input({"type": "open", "key": MATCH}, "n_clicks"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )(fill)


def chosen(now: Filters, controls: dict[str, Any], *, subject: str | None, coverage: dict[str, Coverage]) -> str:
    """The address after a control changed. Another source begins with its own days and without choices."""
    source = controls["source"] or now.source
    if source != now.source:
        return addresses.read(f"source={source}", coverage=coverage)[0].search()
    first, last = (_day(controls[name], getattr(now, name)) for name in ("first", "last"))
    choices = {name: controls[name] or "" for name in CHOICES}
    return Filters(source=source, first=min(first, last), last=last, subject=subject or "", **choices).search()


def _day(text: str | None, default: date) -> date:
    return date.fromisoformat(text[:10]) if text else default


def _filled(parts: dict[str, Any], *, search: str | None, path: str) -> dict[str, Any]:
    """The values of all outputs; those that an empty lake has nothing for stay as they are."""
    keep = dash.no_update
    filled: dict[str, Any] = {
        "search": search or keep,
        "menu": keep,
        "export": keep,
        "reset": keep,
        "label": keep,
        "values": dict.fromkeys(FIELDS, keep),
        "data": dict.fromkeys(("source", *CHOICES), keep),
        "styles": dict.fromkeys(FIELDS, keep),
        **{name: parts[name] for name in ("content", "problems", "status")},
    }
    if "filters" not in parts:
        return filled
    page: Page = parts["page"]
    filters: Filters = parts["filters"]
    values: dict[str, str | None] = {
        "source": filters.source,
        "first": filters.first.isoformat(),
        "last": filters.last.isoformat(),
    }
    values |= {name: getattr(filters, name) or None for name in CHOICES}
    values |= {"subject": filters.subject if "subject" in page.uses else "", "sql": filters.subject if "sql" in page.uses else ""}
    return filled | {
        "menu": layout.menu(PAGES, page, filters),
        "export": f"/export.zip{filters.search()}&page={page.path}",
        "reset": f"{path}?source={filters.source}",
        "label": page.subject or "ID",
        "values": values,
        "data": {"source": parts["sources"], **parts["choices"]},
        "styles": dict(zip(FIELDS, layout.visible(page), strict=True)),
    }
