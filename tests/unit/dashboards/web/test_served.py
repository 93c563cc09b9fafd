"""A picture of the dashboard by the browser of this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Takes Chromium's options, opens the address as a browser does, and writes what it got in place of a picture.
BROWSER = f"""#!{sys.executable}
import http.cookiejar, sys, urllib.request
cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}), cookies)
answer = opener.open(sys.argv[-1], timeout=10)
target = next(option.partition("=")[2] for option in sys.argv if option.startswith("--screenshot="))
open(target, "wb").write(answer.url.encode() + answer.read())
"""


def test_the_browser_is_let_in_and_shows_the_source(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboards.web import served

    browser = tmp_path / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    monkeypatch.setattr(served, "CHROMIUM", str(browser))
    file = served.picture(folders, "tiny", tmp_path / "report" / "dashboard.png")
    assert file == tmp_path / "report" / "dashboard.png"
    text = file.read_text()
    assert text.partition("<!DOCTYPE")[0].strip().endswith("/?source=tiny")
    assert "react-entry-point" in text


def test_without_a_browser_or_with_a_broken_one_there_is_no_picture(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboards.web import served

    target = tmp_path / "dashboard.png"
    for browser in (None, "/bin/false"):
        target.write_text("of an earlier run")
        monkeypatch.setattr(served, "CHROMIUM", browser)
        assert served.picture(folders, "tiny", target) is None


@pytest.mark.full
def test_chromium_draws_the_page(folders: dict[str, Path], tmp_path: Path) -> None:
    from PIL import Image

    from dashboards.web import served

    if served.CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    file = served.picture(folders, "tiny", tmp_path / "dashboard.png")
    assert file
    drawn = Image.open(file)
    assert drawn.size == (served.WIDTH, served.HEIGHT)
    # An empty page has one color; this one has text, lines and bars.
    assert len(drawn.convert("RGB").resize((64, 64)).getcolors(64 * 64) or ()) > 20
    # So does the place of the first chart, without title and border.
    chart = drawn.convert("RGB").crop((260, 470, 1240, 780))
    assert len(chart.resize((64, 64)).getcolors(64 * 64) or ()) > 20
