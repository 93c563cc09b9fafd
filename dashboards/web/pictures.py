"""Take the pictures of docs/dashboard.md: `make pictures LAKE=.lake SOURCE=shop`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from dashboards.web.browser import browsed, wait_until_drawn
from dashboards.web.pages import PAGES
from offline.lake.local_lake import LocalLake

TARGET = Path("docs/pictures")
COLORS = 64


def take(lake: LocalLake, source: str, target: Path) -> list[Path]:
    """A picture of every page without live figures; the files written."""
    written = []
    with browsed(lake.folders) as (tab, address):
        for path, page in PAGES.items():
            if page.live:
                continue
            tab.goto(f"{address}{path}?source={source}")
            wait_until_drawn(tab)
            name = path.strip("/") or "sales"
            written.append(target / f"dashboard-{name}.png")
            picture = Image.open(io.BytesIO(tab.screenshot(animations="disabled")))
            picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(written[-1], optimize=True)
    return written


if __name__ == "__main__":
    for file in take(LocalLake(Path(sys.argv[1])), sys.argv[2], TARGET):
        sys.stdout.write(f"{file}\n")
