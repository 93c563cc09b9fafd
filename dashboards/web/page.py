"""What a page is: tiles with one figure each, and charts, each over one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.zones import Zone
from dashboards.web.data import Answer, Data, Row
from dashboards.web.figures import Figure
from dashboards.web.filters import Filters
from dashboards.web.style import Style

DATES = "dates"
PERIOD = frozenset({DATES})
LINES = frozenset({DATES, "category", "brand", "segment"})


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One figure of a query with one row; `compared` shows its change since the former period."""

    label: str
    query: str
    column: str
    compared: bool = False
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What a chart is drawn from: the rows, those of the former period if the chart compares, and a link for each row."""

    rows: Sequence[Row]
    former: Sequence[Row]
    links: Sequence[str | None]
    style: Style


def _everything(_: Filters) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart, or only a table if `draw` is None.

    `drill` returns the changes of the filters with which a row leads to its order lines, or to the page `leads_to`. `empty` says
    in words why there may be no rows. `fetch` replaces the query where the filters decide what is asked. `shown` says whether the
    filters ask for it. `zone` is the lowest that the query reads; not every reader may read all.
    """

    key: str
    title: str
    note: str
    query: str
    empty: str
    draw: Callable[[Picture], Figure] | None = None
    drill: Callable[[Row, Filters], dict[str, Any]] | None = None
    leads_to: str = "/orders"
    compared: bool = False
    wide: bool = False
    fetch: Callable[[Data, Filters], Answer] | None = None
    shown: Callable[[Filters], bool] = _everything
    zone: Zone = Zone.CURATED


@dataclass(frozen=True, kw_only=True)
class Page:
    """One address of the dashboard. `uses` names the filters that change what it shows."""

    path: str
    title: str
    lead: str
    charts: tuple[Chart, ...]
    tiles: tuple[Tile, ...] = ()
    uses: frozenset[str] = field(default_factory=frozenset)
    subject: str = ""
    live: bool = False


def charts(page: Page, data: Data, filters: Filters) -> list[Chart]:
    """The charts of the page that the filters ask for and the reader may read."""
    return [chart for chart in page.charts if chart.shown(filters) and data.reads(chart.zone)]


def answer(chart: Chart, data: Data, filters: Filters) -> Answer:
    """The rows of a chart."""
    return chart.fetch(data, filters) if chart.fetch else data.answer(chart.query, **filters.values)
