"""A page for its filters: tiles and cards from the answers of its queries. No figure is computed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from dash import html

from contracts.errors import LakeError
from dashboards.web import cards
from dashboards.web.data import Answer, Data, Row
from dashboards.web.filters import Coverage, Filters, is_partial
from dashboards.web.page import Chart, Page, Picture, answer, charts
from dashboards.web.style import Style


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The content of a page, and when the oldest of its figures was read."""

    content: list[Any]
    read_at: datetime | None


def questions(page: Page, *, data: Data, filters: Filters, coverage: Coverage) -> Iterator[Callable[[], object]]:
    """Everything that `show` asks for."""
    former = _former(filters, coverage)
    for tile in page.tiles:
        yield partial(data.answer, tile.query, **filters.values)
        if tile.compared and former:
            yield partial(data.answer, tile.query, **former.values)
    for chart in charts(page, data, filters):
        yield partial(answer, chart, data, filters)
        if chart.compared and former:
            yield partial(answer, chart, data, former)


def show(page: Page, *, data: Data, filters: Filters, coverage: Coverage, style: Style) -> Shown:
    """Tiles and charts of the page. A query that fails shows its sentence in place of its chart, and the rest stays."""
    ages: list[datetime] = []
    former = _former(filters, coverage)
    compared_with = _compared_with(former, coverage)
    tiles = []
    for tile in page.tiles:
        row = _row(data, tile.query, filters, ages)
        before = _row(data, tile.query, former, ages) if tile.compared and former else None
        tiles.append(cards.tile(tile, row, before, style, compared_with=compared_with))
    sections = [
        _section(chart, data=data, filters=filters, former=former, style=style, ages=ages)
        for chart in charts(page, data, filters)
    ]
    content: list[Any] = [html.H1(page.title), html.P(page.lead, className="lead")]
    if tiles:
        content.append(html.Div(tiles, className="tiles"))
    if any(tile.compared for tile in page.tiles) and not former:
        content.append(html.P(compared_with, className="note"))
    content.append(html.Div(sections, className="cards"))
    return Shown(content=content, read_at=min(ages, default=None))


def _row(data: Data, query: str, filters: Filters, ages: list[datetime]) -> Row:
    try:
        found = data.answer(query, **filters.values)
    except LakeError:
        return {}  # the chart of the same query says why
    ages.append(found.read_at)
    return dict(found.rows[0]) if found.rows else {}


def _section(
    chart: Chart, *, data: Data, filters: Filters, former: Filters | None, style: Style, ages: list[datetime]
) -> html.Section:
    try:
        found = answer(chart, data, filters)
        before = answer(chart, data, former).rows if chart.compared and former else []
    except LakeError as error:
        return cards.state(chart, str(error), is_error=True)
    ages.append(found.read_at)
    if not found.rows:
        return cards.state(chart, chart.empty)
    links = _links(chart, found.rows, filters)
    picture = Picture(rows=found.rows, former=before, links=links, style=style)
    return cards.card(chart, chart.draw(picture) if chart.draw else None, found, links, style)


def table_of(page: Page, key: str, *, data: Data, filters: Filters, style: Style) -> Any:
    """The table below a chart of the page; None if the page has no such chart."""
    for chart in charts(page, data, filters):
        if chart.key == key:
            try:
                found = answer(chart, data, filters)
            except LakeError as error:
                return html.P(str(error), className="problem")
            return cards.table(found, _links(chart, found.rows, filters), style)
    return None


def _links(chart: Chart, rows: Sequence[Row], filters: Filters) -> list[str | None]:
    return [link(chart, row, filters) for row in rows]


def link(chart: Chart, row: Row, filters: Filters) -> str | None:
    """The address that a row leads to."""
    return chart.leads_to + filters.search(**chart.drill(row, filters)) if chart.drill else None


def _former(filters: Filters, coverage: Coverage) -> Filters | None:
    """The period before, unless a part of it lies before the data: figures and charts are compared with whole periods only."""
    former = filters.former()
    return None if is_partial(former, coverage) else former


def _compared_with(former: Filters | None, coverage: Coverage) -> str:
    """What the figures are compared with; or why there is no comparison."""
    if former is None:
        return f"No comparison with the period before: data begins on {_day(coverage.first)}."
    return f"vs {_day(former.first)} – {_day(former.last)}"


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def rows_of(page: Page, *, data: Data, filters: Filters) -> dict[str, Answer]:
    """The rows of every tile and chart of the page, by the name of its file; those that fail are left out with their sentence."""
    queries = dict.fromkeys(tile.query for tile in page.tiles)
    answers = {f"figures-{query.replace(':', '-')}": data.answer(query, **filters.values) for query in queries}
    return answers | {chart.key: answer(chart, data, filters) for chart in charts(page, data, filters)}
