"""The frame around every page: header, menu, filters. It stays while pages change, so that the keyboard's focus does too."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.web.filters import Filters
from dashboards.web.page import Page

ALL = "All"
# What Dash serves at every address. The frame is asked for while scripts are still read, and for this address: it comes with its
# page.
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
{%favicon%}
<script>
const opened = { page: location.pathname, search: location.search, dark: localStorage.getItem("dark") || "" };
window.frameAnswer = fetch(`/_dash-layout?${new URLSearchParams(opened)}`);
</script>
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>
"""
# Lists that are closed are not in the page: a browser takes long to build the names of all brands.
CLOSED_LISTS = {"keepMounted": False}
CONTROLS = ("source", "first", "last", "category", "brand", "segment")


def frame(sign_out: str | None = None, *, dark: bool = False) -> dmc.MantineProvider:
    """The empty frame. `sign_out` is an address, where people sign in."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dmc.AppShell(
                [
                    dmc.AppShellHeader(_header(sign_out, dark=dark)),
                    dmc.AppShellNavbar(html.Nav(id="menu", **{"aria-label": "Pages"}), p="sm"),
                    dmc.AppShellMain(
                        [
                            html.Div(
                                _filter_bar(), id="filters", className="filters", role="search", **{"aria-label": "Filters"}
                            ),
                            html.Div(id="problems", role="status"),
                            dcc.Loading(
                                html.Main(id="content", tabIndex="-1"),
                                delay_show=300,
                                overlay_style={"visibility": "visible", "opacity": 0.6},
                                custom_spinner=html.Div("Reading the figures …", className="loading", role="status"),
                            ),
                            html.Footer(id="status", role="status"),
                        ]
                    ),
                ],
                id="shell",
                header={"height": 56},
                navbar={"width": 220, "breakpoint": "sm", "collapsed": {"mobile": True}},
                padding="md",
            ),
        ],
        id="mantine",
        forceColorScheme="dark" if dark else "light",
        theme={"primaryColor": "blue", "primaryShade": 8, "defaultRadius": "md"},
    )


def _header(sign_out: str | None, *, dark: bool) -> html.Div:
    return html.Div(
        [
            html.A("Skip to the page", href="#content", className="skip"),
            dmc.Burger(id="burger", opened=False, hiddenFrom="sm", size="sm", **{"aria-label": "Menu"}),
            html.Strong("shoplake"),
            html.Div(className="space"),
            dmc.Button("Read again", id="again", variant="default", size="xs"),
            html.A("Export", id="export", href="#", className="button", download=""),
            dmc.Switch(id="dark", label="Dark", size="sm", checked=dark),
            *([html.A("Sign out", href=sign_out, className="button")] if sign_out else []),
        ],
        className="header",
    )


def _filter_bar() -> list[Any]:
    selects = [
        html.Div(
            dmc.Select(
                id=f"f-{name}",
                label=name.capitalize(),
                placeholder=ALL,
                clearable=True,
                searchable=True,
                size="sm",
                comboboxProps=CLOSED_LISTS,
            ),
            id=f"w-{name}",
        )
        for name in ("category", "brand", "segment")
    ]
    days = [
        html.Div(dmc.DateInput(id=f"f-{name}", label=label, valueFormat="YYYY-MM-DD", size="sm"), id=f"w-{name}")
        for name, label in (("first", "From"), ("last", "To"))
    ]
    source = dmc.Select(id="f-source", label="Source", allowDeselect=False, size="sm", comboboxProps=CLOSED_LISTS)
    subject = html.Form(
        [dmc.TextInput(id="f-subject", label="ID", size="sm", debounce=True), dmc.Button("Show", id="show-subject", size="sm")],
        id="w-subject",
        className="asked",
    )
    sql = html.Div(
        [
            dmc.Textarea(id="f-sql", label="SQL", autosize=True, minRows=3, maxRows=20, debounce=True, className="sql"),
            dmc.Button("Run", id="run-sql", size="sm"),
        ],
        id="w-sql",
        className="asked wide",
    )
    return [html.Div(source, id="w-source"), *days, *selects, subject, sql, dcc.Link("Reset", id="reset", href="/")]


def menu(pages: dict[str, Page], current: Page, filters: Filters) -> list[dmc.NavLink]:
    """Links to all pages that keep the filters; what was typed belongs to one page."""
    search = filters.search(subject="")
    return [
        dmc.NavLink(
            label=page.title,
            href=path + search,
            active=page is current,
            **({"aria-current": "page"} if page is current else {}),
        )
        for path, page in pages.items()
    ]


def visible(page: Page) -> list[dict[str, str]]:
    """The style of each control's frame: those that the page does not use are hidden."""
    used = {"source": True, "first": "dates" in page.uses, "last": "dates" in page.uses}
    names = ("source", "first", "last", "category", "brand", "segment", "subject", "sql")
    return [{} if used.get(name, name in page.uses) else {"display": "none"} for name in names]
