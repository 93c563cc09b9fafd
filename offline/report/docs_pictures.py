"""Redraw the pictures of docs/analyses.md from the lake in .lake: `make pictures`.

They need UCI Online Retail (CC BY 4.0, Chen, Sain & Guo 2012), REES46 for events, and the multi-model documents for stock, all
analyzed. The picture of a profile is the top of the page that `shoplake profile online_retail.csv.gz --html` writes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from contracts.errors import UsageError
from offline.lake.local_lake import LocalLake
from offline.report.shop_report import sources_with_tables, write_report

# The sections that docs/analyses.md shows, by source.
SHOWN = {
    "uci_online_retail": (
        "rfm",
        "cohorts",
        "order-frequency",
        "top-customers",
        "segments",
        "recommendations",
        "together",
        "expected-value",
        "trending",
    ),
    "rees46": ("funnel", "engagement", "brands"),
    "multimodel": ("inventory",),
}
TARGET = Path("docs/pictures")


def draw(lake: LocalLake, target: Path) -> list[Path]:
    """The pictures written; UsageError if the lake lacks one of the sources."""
    missing = sorted(SHOWN.keys() - set(sources_with_tables(lake)))
    if missing:
        raise UsageError(f"{lake.root}: no curated tables for {', '.join(missing)}; land these sources and run, then retry.")
    target.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory() as folder:
        for source, keys in SHOWN.items():
            pictures = {picture.stem: picture for picture in write_report(lake, source, Path(folder)).pictures}
            for key in keys:
                if key in pictures:
                    written.append(target / f"{key}.png")
                    shutil.copyfile(pictures[key], written[-1])
    return written


if __name__ == "__main__":
    for path in draw(LocalLake(Path(sys.argv[1])), TARGET):
        sys.stdout.write(f"{path}\n")
