"""How soon the dashboard answers, in a real browser: `python -m benchmarks.dashboard LAKE SOURCE`.

The first page of a server that has just started, until its figures and charts are there, and a change of a filter until the
figure has changed. The server reads its first page before it prints its address, so the first number has no queries in it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from dashboards.web.browser import browsed, wait_until_drawn
from offline.lake.local_lake import LocalLake

ROUNDS = 5
FIGURE = "#tile-net_amount"
# Goals in seconds, on the lake of the demo.
FIRST_PAGE, FILTER_CHANGE = 1.5, 0.5


def measure(lake: LocalLake, source: str) -> tuple[list[float], list[float]]:
    """Seconds of the first page of cold servers, and of changes of a filter whose answers are not kept yet."""
    first, change = [], []
    for _ in range(ROUNDS):
        with browsed(lake.folders) as (tab, address):
            began = time.perf_counter()
            tab.goto(f"{address}/?source={source}")
            tab.wait_for_selector(FIGURE)
            wait_until_drawn(tab)
            first.append(time.perf_counter() - began)
            tab.click("#f-segment")
            option = tab.locator("[role=option]:visible").first
            option.wait_for()
            before = tab.inner_text(FIGURE)
            began = time.perf_counter()
            option.click()
            tab.wait_for_function(f"document.querySelector('{FIGURE}').innerText !== {before!r}")
            change.append(time.perf_counter() - began)
    return first, change


def main(lake: LocalLake, source: str) -> None:
    first, change = measure(lake, source)
    table = Table("measured", "median", "slowest", "goal")
    for name, seconds, limit in (("first page", first, FIRST_PAGE), ("filter change", change, FILTER_CHANGE)):
        table.add_row(name, f"{median(seconds):.2f} s", f"{max(seconds):.2f} s", f"{limit} s")
    Console().print(table)


if __name__ == "__main__":
    main(LocalLake(Path(sys.argv[1])), sys.argv[2])
