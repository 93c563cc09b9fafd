"""The part of Plotly that browsers load is of the version whose charts the server describes."""

from __future__ import annotations

import json
from pathlib import Path

from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).parents[4]


def test_the_small_plotly_has_the_version_of_the_whole() -> None:
    package = json.loads((ROOT / "tools/plotly/package.json").read_text())
    assert package["dependencies"] == {"plotly.js-cartesian-dist-min": get_plotlyjs_version()}
