"""What pages show for a shop that can be added up by hand, for an empty lake, and when a query fails."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.errors import UsageError
from dashboards.web import figures
from dashboards.web.data import Data
from dashboards.web.filters import Coverage, Filters
from dashboards.web.page import answer
from dashboards.web.pages import PAGES, explore
from dashboards.web.style import Style
from tests.support.components import components, words
from tests.support.lazy import lazy

dcc = lazy("dash", "dcc")
html = lazy("dash", "html")
Dashboard = lazy("dashboards.web.app", "Dashboard")
chosen = lazy("dashboards.web.callbacks", "chosen")
link = lazy("dashboards.web.show", "link")
show = lazy("dashboards.web.show", "show")

COVERAGE = Coverage(first=date(2025, 2, 20), last=date(2025, 3, 4))
MARCH = Filters(source="tiny", first=date(2025, 3, 1), last=date(2025, 3, 4))


def content_of(data: Data, path: str, filters: Filters = MARCH) -> list[Any]:
    return show(PAGES[path], data=data, filters=filters, coverage=COVERAGE, style=Style(currency="EUR")).content


def shown(data: Data, path: str, filters: Filters = MARCH) -> str:
    return words(content_of(data, path, filters))


def traces(content: list[Any]) -> set[str]:
    """The names of the lines and bars of all charts."""
    graphs = [part for part in components(content) if isinstance(part, dcc.Graph)]
    return {trace.get("name", "") for graph in graphs for trace in graph.figure["data"]}


def test_an_order_of_two_days_counts_once_and_an_order_of_zero_value_lowers_no_average(data: Data) -> None:
    # 10 + 5 + 40 + 0 sold in 3 orders, two of them worth something; 40 came back
    assert data.row("sales_period", **MARCH.values) == {
        "orders": 3,
        "buyers": 2,
        "units": 5,
        "gross_amount": Decimal("55.0000"),
        "returned_amount": Decimal("40.0000"),
        "net_amount": Decimal("15.0000"),
        "average_order_value": Decimal("27.5000"),
        "return_rate": 40 / 55,
    }
    days = data.rows("sales_over_time", **MARCH.values)
    assert [(row["step"].day, row["orders"], row["net_amount"]) for row in days] == [(1, 2, 15), (2, 1, 40), (4, 1, -40)]


def test_tiles_compare_with_the_period_before(data: Data) -> None:
    # 25–28 February had one order of 50.00
    text = shown(data, "/")
    assert "€15.00" in text
    assert "▼ 70.0% vs 25 Feb 2025 – 28 Feb 2025" in text
    assert "▲ 200.0% vs 25 Feb 2025 – 28 Feb 2025" in text
    assert "period before" in traces(content_of(data, "/"))


def test_a_former_period_without_all_its_days_is_not_compared(data: Data) -> None:
    # 18–28 February has the order of 50.00, but its first days are before the data
    content = content_of(data, "/", Filters(source="tiny", first=date(2025, 3, 1), last=date(2025, 3, 11)))
    text = words(content)
    assert "No comparison with the period before: data begins on 20 Feb 2025." in text
    assert " vs " not in text
    assert "period before" not in traces(content)


@pytest.mark.parametrize(
    ("choice", "orders", "net"),
    [
        ({"category": "kitchen.cups"}, 2, "15.0000"),
        ({"brand": "(none)"}, 2, "0.0000"),
        ({"segment": "Champions"}, 1, "10.0000"),
        ({"segment": "(no segment)"}, 1, "0.0000"),
        ({"category": "kitchen.cups", "segment": "At Risk"}, 1, "5.0000"),
        ({"brand": "nobody' or 1 = 1"}, 0, None),
    ],
)
def test_filters_choose_lines(data: Data, choice: dict[str, str], orders: int, net: str | None) -> None:
    row = data.row("sales_period", **{**MARCH.values, **choice})
    assert (row["orders"], row["net_amount"]) == (orders, None if net is None else Decimal(net))


def test_weeks_that_the_period_cuts_are_partial(data: Data) -> None:
    # 24 February to 2 March is cut by the first day, 3 to 9 March by the last
    rows = data.rows("sales_over_time", **{**MARCH.values, "grain": "week"})
    assert [(row["step"], row["is_partial"]) for row in rows] == [(date(2025, 2, 24), True), (date(2025, 3, 3), True)]
    whole = data.rows("sales_over_time", **{**MARCH.values, "grain": "week", "last": date(2025, 3, 9)})
    assert [row["is_partial"] for row in whole] == [True, False]


def test_revenue_is_split_by_each_kind_of_name(data: Data) -> None:
    # mugs 10 + 5, a pan sold and returned; the gift without category cost nothing
    rows = data.rows("sales_breakdown", **MARCH.values)
    split = {(row["kind"], row["name"]): (row["orders"], row["net_amount"], row["net_share"]) for row in rows}
    assert split["category", "kitchen.cups"] == split["brand", "acme"] == (2, 15, 1.0)
    assert split["category", "kitchen.pans"] == (1, 0, 0.0)
    assert (split["segment", "Champions"][:2], split["segment", "At Risk"][:2]) == ((1, 10), (1, 5))
    assert split["country", "Spain"] == (3, 15, 1.0)
    assert len(rows) == 3 + 2 + 3 + 1


def test_a_bar_leads_to_its_order_lines(data: Data) -> None:
    chart = next(chart for chart in PAGES["/"].charts if chart.key == "by-category")
    (row, *_) = answer(chart, data, MARCH).rows
    target = link(chart, row, MARCH)
    assert target == "/orders?source=tiny&from=2025-03-01&to=2025-03-04&category=kitchen.cups"
    lines = data.rows("order_rows", **{**MARCH.values, "category": "kitchen.cups"})
    assert sum(line["net_amount"] for line in lines) == row["net_amount"] == 15


def test_the_orders_of_the_lines_are_those_of_the_sales_page(data: Data) -> None:
    # the return is a line, but no order
    assert data.row("order_row_totals", **MARCH.values) == {"lines": 5, "orders": 3, "net_amount": Decimal("15.0000")}


def test_customers_at_risk_and_unusual_orders_have_their_reasons(data: Data) -> None:
    text = shown(data, "/risk")
    for words_of_it in (
        "80.0%",
        "last purchase 30 days ago raises the risk",
        "€60.00",
        "paid far more than usual",
        "€45.00",
        "1 in 70 sessions",
    ):
        assert words_of_it in text
    # One of the two scored customers is more likely to leave than to stay.
    assert data.row("risk_totals", **MARCH.values) == {
        "as_of": date(2025, 3, 4),
        "scored_customers": 2,
        "leaving_customers": 1,
        "leaving_net_amount": Decimal("60.0000"),
    }
    assert data.rows("risk_by_segment", **MARCH.values) == [
        {"segment": "Champions", "customers": 1, "net_amount": Decimal("60.0000")}
    ]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_rows_says_so_in_words(path: str, empty: Data) -> None:
    text = shown(empty, path)
    assert PAGES[path].title in text
    assert "This could not be read" not in text
    for chart in PAGES[path].charts:
        if chart.shown(MARCH) and chart.empty:
            assert chart.empty in text


def test_an_empty_lake_says_what_to_do(empty: Data) -> None:
    parts = Dashboard(empty).render("/", "", dark=False)
    assert "`shoplake run`" in words(parts["content"])


def test_a_query_that_fails_leaves_the_rest_of_the_page(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Data.answer

    def failing(self: Data, name: str, **values: object) -> object:
        if name == "sales_breakdown":
            raise UsageError("The file part-1.parquet is damaged; run `shoplake run --full`.")
        return answered(self, name, **values)

    monkeypatch.setattr(Data, "answer", failing)
    text = shown(data, "/")
    assert "This could not be read" in text
    assert "part-1.parquet is damaged" in text
    assert "€15.00" in text


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select count(*) from quarantine", "quarantine is not a view, and this page reads views only."),
        ("select source from processed.orders", "orders is not a view, and this page reads views only."),
        ("drop table sales_totals", "This page runs one SELECT, without a semicolon between statements."),
        ("insert into sales_totals select 1", "This page runs one SELECT"),
        ("show tables", "This page runs one SELECT"),
        ("select 1 from order_lines; select 2", "This page runs one SELECT"),
        ("select 1) as t; drop view funnel; select * from (select 1", "This is not valid Athena SQL: "),
        ("select * from read_parquet('/etc/passwd')", "A function is not a view, and this page reads views only."),
        ("selec 1", "This is not valid Athena SQL: "),
        ("select nothing from order_lines", "There is no column nothing"),
        ("select 1 as x, 2 as x", "Two columns are named x; name each with `as`."),
    ],
)
def test_the_sql_box_refuses_all_but_one_select_over_views(data: Data, sql: str, reason: str) -> None:
    text = shown(data, "/explore", Filters(source="tiny", first=MARCH.first, last=MARCH.last, subject=sql))
    assert "This could not be read" in text
    assert reason in text


def test_the_sql_box_answers_a_select(data: Data) -> None:
    sql = "with o as (select distinct order_id from order_lines) select count(*) as orders from o;"
    text = shown(data, "/explore", Filters(source="tiny", first=MARCH.first, last=MARCH.last, subject=sql))
    assert "This could not be read" not in text
    assert explore.run(data, Filters(source="tiny", first=MARCH.first, last=MARCH.last, subject=sql)).rows == [{"orders": 5}]


def test_the_export_has_every_table_and_the_filters(dashboard: Dashboard) -> None:
    content = dashboard.zip("/products", "?source=tiny&from=2025-03-01&to=2025-03-04&brand=acme")
    assert content is not None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        about = archive.read("filters.txt").decode()
        products = archive.read("bestsellers.csv").decode().splitlines()
    assert names == {"filters.txt", "bestsellers.csv", "trending.csv", "bought-together.csv", "price-bands.csv"}
    assert "page: Products\nsource: tiny\nfrom: 2025-03-01\nto: 2025-03-04\ncategory: all\nbrand: acme\n" in about
    # a name that a spreadsheet would take for a formula is text
    assert products[1].startswith("mug,'=Mug,kitchen.cups,acme,2,3,")


def test_the_export_of_an_unknown_page_is_nothing(dashboard: Dashboard) -> None:
    assert dashboard.zip("/nothing", "?source=tiny") is None


def test_what_is_chosen_is_offered(dashboard: Dashboard) -> None:
    # a control drops a value that it does not offer, and with it the filter of a copied address
    parts = dashboard.render("/orders", "?source=tiny&brand=acme&category=kitchen.pans", dark=False)
    assert parts["choices"]["brand"] == ["acme"]
    assert sorted(parts["choices"]["category"]) == ["(none)", "kitchen.cups", "kitchen.pans"]
    assert parts["choices"]["segment"][:1] != [""]


def test_a_control_changes_the_address_and_another_source_drops_the_choices() -> None:
    coverage = {"tiny": COVERAGE, "other": Coverage(first=date(2024, 1, 1), last=date(2024, 12, 31))}
    now = Filters(source="tiny", first=MARCH.first, last=MARCH.last, brand="acme")
    controls = {"source": "tiny", "first": "2025-03-02", "last": "2025-03-04", "category": None, "brand": None, "segment": "Lost"}
    assert chosen(now, controls, subject="", coverage=coverage) == "?source=tiny&from=2025-03-02&to=2025-03-04&segment=Lost"
    other = chosen(now, {**controls, "source": "other"}, subject="", coverage=coverage)
    assert other == "?source=other&from=2024-10-03&to=2024-12-31"


def test_figures_are_also_a_table_for_keyboard_and_screen_reader(dashboard: Dashboard) -> None:
    # GIVEN charts, each with a table that is empty until it is opened
    address = ("/", "?source=tiny&from=2025-03-01&to=2025-03-04")
    content = dashboard.render(*address, dark=False)["content"]
    (cards,) = [part for part in content if getattr(part, "className", "") == "cards"]
    for section in cards.children:
        (details,) = [part for part in section.children if isinstance(part, html.Details)]
        summary, place = details.children
        assert summary.children == "Show the figures"
        assert place.id == {"type": "figures", "key": summary.id["key"]}
        assert place.children is None
        # WHEN it is opened
        table = dashboard.table(*address, summary.id["key"])
        # THEN it can be scrolled with the keyboard, and has the figures
        assert table.tabIndex == "0"
    table = dashboard.table(*address, "by-category")
    assert "kitchen.cups 2 3 €15.00 100.0%" in words(table)
    first = next(part.href for part in components(table) if isinstance(part, dcc.Link))
    assert first == f"/orders{address[1]}&category=kitchen.cups"


def test_the_steps_of_a_funnel_show_their_share_in_full() -> None:
    rows = [{"step": "then added to the cart", "sessions": 3599, "share_of_sessions": 0.7198}]
    figure = figures.steps(rows, Style(), name="step", value="sessions", share="share_of_sessions")
    assert figure["data"][0]["text"] == ["3,599 (72.0%)"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["then added to the cart"]
