"""A dashboard in headless Chromium, for its test, its pictures in docs and its benchmark.

Playwright is a development dependency, so nothing else may import this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from contracts.errors import PlatformError
from dashboards.web.served import CHROMIUM, served

SIZE = {"width": 1280, "height": 900}


@contextmanager
def browsed(folders: Mapping[str, Path], *, dark: bool = False) -> Iterator[tuple[Tab, str]]:
    """A tab that has been let in, and the address of the server. PlatformError if there is no Chromium."""
    if CHROMIUM is None:
        raise PlatformError("There is no Chromium on this machine; install it, for example with `apt-get install chromium`.")
    with served(folders) as (session, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        if dark:
            tab.add_init_script("localStorage.setItem('dark', '1')")
        tab.goto(session.address(port))
        yield tab, f"http://127.0.0.1:{port}"
        browser.close()


def wait_until_drawn(tab: Tab) -> None:
    """Wait until the page has its heading, its charts are drawn, and nothing is loading."""
    tab.wait_for_selector("main h1")
    tab.wait_for_function("[...document.querySelectorAll('.dash-graph')].every(graph => graph.querySelector('.main-svg'))")
    tab.wait_for_function("!document.querySelector('.dash-loading, [data-dash-is-loading]')")
