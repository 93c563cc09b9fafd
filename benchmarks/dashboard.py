"""How soon the dashboard answers, in a real browser: `python -m benchmarks.dashboard LAKE SOURCE`.

The first page of a server that has just started, until its figures and charts are there, in a browser that has never seen it and
in the same one again; and a change of a filter until the figure has changed. The server reads its first page before it prints its
address, so the first number has no queries in it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page as Tab
from rich.console import Console
from rich.table import Table

from dashboards.web.browser import SIZE, browsed, wait_until_drawn
from offline.lake.local_lake import LocalLake

ROUNDS = 5
FIGURE = "#tile-net_amount"
# Goals in seconds, on the lake of the demo.
GOALS = {"first page": 1.5, "first page again": 1.5, "filter change": 0.5}


def measure(lake: LocalLake, source: str) -> dict[str, list[float]]:
    """Seconds of the first page of cold servers, and of changes of a filter whose answers are not kept yet."""
    measured: dict[str, list[float]] = {name: [] for name in GOALS}
    for _ in range(ROUNDS):
        with browsed(lake.folders) as (entered, address):
            state = entered.context.storage_state()
            wait_until_drawn(entered)
            entered.close()
            # Another context has the cookie, but nothing of what the tab that was let in has loaded.
            browser = entered.context.browser
            assert browser
            tab = browser.new_context(viewport=SIZE, storage_state=state).new_page()  # type: ignore[arg-type]
            for name in ("first page", "first page again"):
                measured[name].append(_opening(tab, f"{address}/?source={source}"))
            measured["filter change"].append(_change(tab))
    return measured


def _opening(tab: Tab, address: str) -> float:
    began = time.perf_counter()
    tab.goto(address)
    tab.wait_for_selector(FIGURE)
    wait_until_drawn(tab)
    return time.perf_counter() - began


def _change(tab: Tab) -> float:
    tab.click("#f-segment")
    option = tab.locator("[role=option]:visible").first
    option.wait_for()
    before = tab.inner_text(FIGURE)
    began = time.perf_counter()
    option.click()
    tab.wait_for_function(f"document.querySelector('{FIGURE}').innerText !== {before!r}")
    return time.perf_counter() - began


def main(lake: LocalLake, source: str) -> None:
    table = Table("measured", "median", "slowest", "goal")
    for name, seconds in measure(lake, source).items():
        table.add_row(name, f"{median(seconds):.2f} s", f"{max(seconds):.2f} s", f"{GOALS[name]} s")
    Console().print(table)


if __name__ == "__main__":
    main(LocalLake(Path(sys.argv[1])), sys.argv[2])
