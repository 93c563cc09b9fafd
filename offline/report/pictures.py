"""Draws the pictures of docs/analyses.md anew from the lake in .lake: `make pictures`.

Takes UCI Online Retail (CC BY 4.0, Chen, Sain & Guo 2012), of REES46's log what UCI has no events for, and of the multi-model
documents the stock that neither tells; all analyzed before. The picture of a profile is the top of the page that
`shoplake profile online_retail.csv.gz --html` writes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from contracts.errors import UsageError
from offline.lake.local_lake import LocalLake
from offline.report.build import report, sources_of

# Section by source: what docs/analyses.md shows.
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
TO = Path("docs/pictures")


def draw(home: LocalLake, to: Path) -> list[Path]:
    """The pictures that were written; LakeError when the lake lacks one of the sources."""
    lacking = sorted(SHOWN.keys() - set(sources_of(home)))
    if lacking:
        raise UsageError(f"{home.root}: has no curated tables of {', '.join(lacking)}; land them and run, then draw again.")
    to.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory() as folder:
        for source, keys in SHOWN.items():
            made = {picture.stem: picture for picture in report(home, source, Path(folder)).pictures}
            for key in keys:
                if key in made:
                    written.append(to / f"{key}.png")
                    shutil.copyfile(made[key], written[-1])
    return written


if __name__ == "__main__":
    for path in draw(LocalLake(Path(sys.argv[1])), TO):
        sys.stdout.write(f"{path}\n")
