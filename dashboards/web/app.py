"""The Dash application: builds the page for an address, and sets up the server with its headers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, html
from flask import Response, request

from contracts.errors import LakeError
from dashboards.web import callbacks, layout, live
from dashboards.web import filters as addresses
from dashboards.web.data import Data
from dashboards.web.export import archive
from dashboards.web.filters import CHOICES, Coverage, Filters
from dashboards.web.pages import PAGES
from dashboards.web.show import questions, rows_of, show, table_of
from dashboards.web.style import Style
from lambdas.live.snapshot import Snapshot

NOTHING_YET = "There are no curated tables yet: land files with `shoplake land SOURCE FILE…`, then `shoplake run`."
# Dash needs inline scripts to start. Nothing is loaded from elsewhere, and no other page may show this one in a frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src blob:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FIRST = next(iter(PAGES.values()))


class Dashboard:
    """The pages over one way to data. `snapshot` reads the live windows, if there is a live path."""

    def __init__(self, data: Data, *, snapshot: Callable[[], Snapshot] | None = None) -> None:
        self.data, self.snapshot = data, snapshot

    def coverage(self) -> dict[str, Coverage]:
        """The days of every source."""
        rows = self.data.rows("coverage")
        return {row["source"]: Coverage(first=row["first_date"], last=row["last_date"]) for row in rows}

    def choices(self, filters: Filters) -> dict[str, list[str]]:
        """What can be chosen for each filter, with what is chosen: a control drops a value that it does not offer."""
        rows = self._rows("choices", filters)
        offered = {kind: [row["choice"] for row in rows if row["kind"] == kind] for kind in CHOICES}
        return {kind: list(dict.fromkeys([*filter(None, [getattr(filters, kind)]), *offered[kind]])) for kind in CHOICES}

    def _rows(self, query: str, filters: Filters) -> list[dict[str, Any]]:
        """The rows of a query without which a page is still worth showing."""
        try:
            return self.data.rows(query, source=filters.source)
        except LakeError:
            return []

    def render(self, path: str, search: str, *, dark: bool) -> dict[str, Any]:
        """Everything that depends on the address, by the id of what it fills."""
        page = PAGES.get(path)
        try:
            days = self.coverage()
        except LakeError as error:
            return {"content": html.P(str(error), className="problem"), "problems": "", "status": ""}
        if not days:
            return {"content": html.P(NOTHING_YET, className="lead"), "problems": "", "status": ""}
        filters, problems = addresses.read(search, coverage=days)
        if page is None:
            page = FIRST
            problems.append(f"There is no page {path}; showing {page.title}.")
        asked = questions(page, data=self.data, filters=filters, coverage=days[filters.source])
        self.data.together([partial(self._style, filters), partial(self.choices, filters), *asked])
        style = self._style(filters, dark=dark)
        shown = show(page, data=self.data, filters=filters, coverage=days[filters.source], style=style)
        content = shown.content if not page.live else [*shown.content[:2], *live.frame(self.snapshot)]
        return {
            "filters": filters,
            "page": page,
            "sources": list(days),
            "choices": self.choices(filters),
            "content": content,
            "problems": [html.P(problem, className="problem") for problem in problems],
            "status": self._age(shown.read_at),
        }

    def table(self, path: str, search: str, key: str) -> Any:
        """The table below a chart of the page at this address."""
        filters, _ = addresses.read(search, coverage=self.coverage())
        return table_of(PAGES.get(path, FIRST), key, data=self.data, filters=filters, style=self._style(filters))

    def _style(self, filters: Filters, *, dark: bool = False) -> Style:
        return Style(dark=dark, currency=next((row["currency"] for row in self._rows("currency", filters)), None))

    def warm(self) -> None:
        """Read the first page before anybody asks for it, so that it is there at once."""
        with suppress(LakeError):  # the page says what is wrong
            self.render("/", "", dark=False)

    def zip(self, path: str, search: str) -> bytes | None:
        """The export of a page; None if there is no such page."""
        page = PAGES.get(path)
        days = self.coverage()
        if page is None or not days:
            return None
        filters, _ = addresses.read(search, coverage=days)
        self.data.together(questions(page, data=self.data, filters=filters, coverage=days[filters.source]))
        return archive(page, filters, rows_of(page, data=self.data, filters=filters))

    def _age(self, read_at: datetime | None) -> str:
        if read_at is None:
            return ""
        seconds = max((datetime.now(UTC) - read_at).total_seconds(), 0)
        return f"Read at {read_at:%H:%M:%S} UTC, {seconds:.0f} s ago. Figures are kept for {self.data.seconds:.0f} s."


def create_app(dashboard: Dashboard, *, sign_out: str | None = None) -> Dash:
    """The application; serve `app.server` behind the guard, or behind the gate, which has an address to sign out."""
    app = Dash("dashboards.web", title="shoplake", update_title="", serve_locally=True, suppress_callback_exceptions=True)
    app.index_string = layout.INDEX
    app.layout = partial(callbacks.opening, dashboard, sign_out)
    callbacks.page(app, dashboard)
    callbacks.table(app, dashboard)
    live.callback(app, dashboard.snapshot)
    app.clientside_callback(
        ClientsideFunction("shoplake", "scheme"),
        Output("mantine", "forceColorScheme"),
        Input("dark", "checked"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("shoplake", "title"), Input("menu", "children"))
    app.clientside_callback(
        ClientsideFunction("shoplake", "menu"),
        Output("shell", "navbar"),
        Input("burger", "opened"),
        State("shell", "navbar"),
    )
    app.clientside_callback(
        ClientsideFunction("shoplake", "drill"),
        Output("url", "href"),
        Input({"type": "chart", "key": ALL}, "clickData"),
        prevent_initial_call=True,
    )

    def secure(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    def export() -> Response:
        path = request.args.get("page", "/")
        try:
            content = dashboard.zip(path, request.query_string.decode())
        except LakeError as error:
            return Response(str(error), status=400, mimetype="text/plain")
        if content is None:
            return Response(f"There is no page {path}.", status=404, mimetype="text/plain")
        name = f"shoplake-{path.strip('/') or 'sales'}.zip"
        return Response(content, mimetype="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'})

    app.server.after_request(secure)
    app.server.add_url_rule("/export.zip", view_func=export)
    return app
