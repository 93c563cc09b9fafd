"""`make test` leaves out tests marked `full`, but keeps at least one of every other kind."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLLECT = """
import sys, pytest

class Markers:
    def pytest_collection_finish(self, session):
        for item in session.items:
            print("MARKERS", *{mark.name for mark in item.iter_markers()})

folders = ["tests/end_to_end", "tests/integration"]
sys.exit(pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *folders], plugins=[Markers()]))
"""


def test_every_kind_of_test_is_among_the_quick_ones():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    kinds = {marker.split(":")[0] for marker in settings["markers"]} - {"full"}
    collected = subprocess.run([sys.executable, "-c", COLLECT], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tests = [set(line.split()[1:]) for line in collected.splitlines() if line.startswith("MARKERS")]
    assert any("full" in markers for markers in tests)
    assert kinds == {kind for markers in tests if "full" not in markers for kind in markers & kinds}
