"""The dashboard in a real browser: figures after a filter are compared with SQL, and nothing is loaded from elsewhere."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lazy import lazy
from tests.support.tiny_shop import write_shop

browser = lazy("dashboards.web.browser")
pages = lazy("dashboards.web.pages", "PAGES")
open_lake = lazy("offline.athena", "open_lake")
HAS_CHROMIUM = any((Path(folder) / "chromium").exists() for folder in os.environ.get("PATH", "").split(":"))
SMALL_PLOTLY = Path(__file__).parents[2] / "dashboards" / "web" / "assets" / "plotly-cartesian.min.js"
MARCH = "source=tiny&from=2025-03-01&to=2025-03-04"
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not HAS_CHROMIUM, reason="no Chromium on this machine; tests/unit/dashboards runs without one"),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("shop")
    zones = {zone: root / zone for zone in ("raw", "processed", "curated")}
    write_shop(zones)
    return zones


@pytest.fixture(scope="module")
def opened(folders: dict[str, Path]) -> Iterator[tuple]:
    with browser.browsed(folders) as (tab, address):
        requests: list[str] = []
        errors: list[str] = []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        yield tab, address, requests, errors


def net_revenue(folders: dict[str, Path], where: str) -> str:
    with open_lake(folders) as lake:
        (row,) = lake.rows(f"select sum(net_amount) as net from order_lines where order_date >= date '2025-03-01' and {where}")
        return f"€{row['net']:,.2f}"


def test_a_chosen_filter_changes_figures_address_and_export(opened: tuple, folders: dict[str, Path], tmp_path: Path) -> None:
    # GIVEN the sales of March
    tab, address, requests, errors = opened
    tab.goto(f"{address}/?{MARCH}")
    browser.wait_until_drawn(tab)
    assert tab.inner_text("#tile-net_amount") == net_revenue(folders, "true") == "€15.00"
    # WHEN a category is chosen with the keyboard
    tab.focus("#f-category")
    tab.keyboard.type("kitchen.cups")
    tab.wait_for_selector("[role=option]:visible")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    # THEN its figures are there, in the address too
    tab.wait_for_function("document.querySelector('#tile-orders').innerText === '2'")
    assert tab.inner_text("#tile-net_amount") == net_revenue(folders, "product_id = 'mug'")
    assert tab.url == f"{address}/?{MARCH}&category=kitchen.cups"
    with tab.expect_download() as download:
        tab.click("#export")
    download.value.save_as(tmp_path / "sales.zip")
    with zipfile.ZipFile(tmp_path / "sales.zip") as archive:
        assert "category: kitchen.cups" in archive.read("filters.txt").decode()
        assert archive.read("by-segment.csv").decode().splitlines()[1:] == [
            "Champions,1,2,10.0000,0.6666666666666666",
            "At Risk,1,1,5.0000,0.3333333333333333",
        ]
    # and a reload shows the same, without another question and from this server alone
    before = len(requests)
    tab.reload()
    browser.wait_until_drawn(tab)
    assert tab.inner_text("#tile-orders") == "2"
    assert not [url for url in requests[before:] if "_dash-update-component" in url]
    assert {url for url in requests if not url.startswith((address, "data:", "blob:"))} == set()
    assert errors == []


def test_a_bar_leads_to_its_rows_and_back(opened: tuple) -> None:
    tab, address, _, errors = opened
    tab.goto(f"{address}/?{MARCH}")
    browser.wait_until_drawn(tab)
    tab.locator("#card-by-category .bars path").first.click(force=True)
    tab.wait_for_selector("#card-lines tbody tr")
    assert tab.url == f"{address}/orders?{MARCH}&category=kitchen.cups"
    assert tab.locator("#card-lines tbody tr").count() == 2
    tab.go_back()
    tab.wait_for_selector("#card-by-category")
    assert tab.url == f"{address}/?{MARCH}"
    assert errors == []


def test_the_figures_of_a_chart_open_with_the_keyboard_and_follow_a_filter(opened: tuple) -> None:
    # GIVEN the figures below a chart, opened with the keyboard
    tab, address, _, errors = opened
    tab.goto(f"{address}/?{MARCH}")
    browser.wait_until_drawn(tab)
    tab.focus("#card-by-category summary")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#card-by-category tbody tr")
    rows = "#card-by-category tbody tr"
    assert tab.locator(rows).first.inner_text().split() == ["kitchen.cups", "2", "3", "€15.00", "100.0%"]
    # WHEN a segment is chosen
    tab.focus("#f-segment")
    tab.keyboard.type("At Risk")
    tab.wait_for_selector("[role=option]:visible")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.querySelector('#tile-orders').innerText === '1'")
    # THEN no table shows the figures from before, and it opens again with those of the segment
    if not tab.locator(rows).count():
        tab.click("#card-by-category summary")
    tab.wait_for_selector(rows)
    assert tab.locator(rows).first.inner_text().split() == ["kitchen.cups", "1", "1", "€5.00", "100.0%"]
    assert errors == []


def test_it_fits_a_phone_and_the_dark(opened: tuple) -> None:
    tab, address, _, errors = opened
    tab.goto(f"{address}/?{MARCH}")
    browser.wait_until_drawn(tab)
    tab.locator("#dark").dispatch_event("click")
    tab.wait_for_selector("html[data-mantine-color-scheme=dark]")
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_function("document.documentElement.scrollWidth <= 390")
    tab.click("#burger")
    tab.click("nav >> text=Customers")
    tab.wait_for_selector("main h1:has-text('Customers')")
    assert tab.title() == "Customers · shoplake"
    tab.reload()
    browser.wait_until_drawn(tab)
    assert tab.locator("html[data-mantine-color-scheme=dark]").count() == 1
    tab.locator("#dark").dispatch_event("click")
    tab.wait_for_selector("html[data-mantine-color-scheme=light]")
    assert errors == []


@pytest.mark.skipif(not SMALL_PLOTLY.exists(), reason="npm was not reached when this was installed")
def test_every_page_draws_with_the_small_plotly(opened: tuple) -> None:
    # GIVEN a browser that has been let in
    tab, address, requests, errors = opened
    # WHEN it opens all of them, THEN the small Plotly knows their charts, and the whole one is not loaded
    drawn = set()
    for path in [*pages.keys()]:
        tab.goto(f"{address}{path}?{MARCH}")
        browser.wait_until_drawn(tab)
        drawn |= set(tab.evaluate("[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data.map(t => t.type))"))
    assert drawn == {"bar", "heatmap", "scatter"}
    assert any(SMALL_PLOTLY.name in url for url in requests)
    assert not [url for url in requests if "package_data/plotly" in url]
    assert errors == []


def test_charts_are_drawn_without_frames(opened: tuple) -> None:
    # GIVEN a page that nobody sees, as when a picture of it is taken on a busy machine: the browser draws no frames
    tab, address, _, _ = opened
    unseen = tab.context.browser.new_context(storage_state=tab.context.storage_state()).new_page()
    unseen.add_init_script("window.requestAnimationFrame = () => 0")
    # WHEN it opens, THEN its charts are drawn all the same
    unseen.goto(f"{address}/?{MARCH}")
    unseen.wait_for_function("document.querySelector('.js-plotly-plot .main-svg')", polling=100, timeout=20_000)
    unseen.close()


def test_the_buttons_of_a_chart_have_no_background(opened: tuple) -> None:
    # GIVEN a chart whose buttons are shown: under the mouse, and always where nothing can hover
    tab, address, _, _ = opened
    tab.goto(f"{address}/?{MARCH}")
    browser.wait_until_drawn(tab)
    tab.hover(".js-plotly-plot")
    tab.wait_for_function("getComputedStyle(document.querySelector('.modebar-group')).opacity === '1'")
    # THEN they stand on the card
    ground = "element => getComputedStyle(element).backgroundColor"
    grounds = tab.evaluate(f"[...document.querySelectorAll('.modebar, .modebar-group')].map({ground})")
    assert set(grounds) == {"rgba(0, 0, 0, 0)"}
