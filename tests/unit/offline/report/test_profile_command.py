"""`shoplake profile` of a file before it is landed, and of a table."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from typer.testing import CliRunner

from offline.cli.app import app
from offline.lake.local_lake import LocalLake

if TYPE_CHECKING:
    from tests.unit.offline.report.conftest import Put

CSV = "sku id,price,sold\nA,1.50,2025-01-01\nA,1.50,2025-01-01\n<b>,2.50,2025-01-05\nB,,2025-01-06\nC\n"


def test_a_file_is_profiled_in_the_terminal_and_as_a_page(tmp_path: Path) -> None:
    """
    GIVEN four rows with a duplicate, a gap from the 2nd to the 4th, and an invalid line
    WHEN the file is profiled
    THEN the terminal shows them, and so does a well-formed page that loads nothing
    """
    (tmp_path / "shop.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    page = tmp_path / "pages/shop.html"
    result = CliRunner().invoke(app, ["profile", str(tmp_path / "shop.csv.gz"), "--html", str(page)])
    assert result.exit_code == 0, result.stderr
    assert "shop.csv.gz  4 rows, 3 columns" in result.stdout
    # 11 of 12 cells.
    assert "91.7% of all values are present; 1 rows are duplicates in all columns." in result.stdout
    assert "• sold: 3 of 6 days are missing, the longest 3 days after 2025-01-01" in result.stdout
    assert "1 lines could not be read and are not counted (line 6:" in result.stderr
    root = ElementTree.fromstring(page.read_text(encoding="utf-8").removeprefix("<!doctype html>"))
    assert not [value for element in root.iter() for name, value in element.attrib.items() if name in ("src", "href")]
    assert "<b>" in "".join(root.itertext())


def test_a_table_is_profiled_by_source_with_its_funnel(lake: LocalLake, put: Put) -> None:
    """Two sessions of one user and one without: 6 events, 2 sessions per user; the user's pseudonym is not shown."""
    at = datetime(2025, 1, 6)
    put(
        "fct_sessions",
        [
            {"session_id": f"s{n}", "user_id": user, "started_at": at, "ended_at": at, "events": n}
            | dict.fromkeys(steps, True)
            | {"has_purchase": n < 3}
            for n, user, steps in (
                (1, "secret", ("reached_view",)),
                (2, "secret", ("reached_view", "reached_cart", "reached_purchase")),
                (3, None, ("reached_view",)),
            )
        ],
    )
    put("funnel_daily", [{"date": at.date(), "sessions": 3, "reached_view": 3, "reached_cart": 1, "reached_purchase": 1}])
    result = CliRunner().invoke(app, ["--lake", str(lake.root), "profile", "fct_sessions"])
    assert result.exit_code == 0, result.stderr
    assert "fct_sessions · tiny  3 rows," in result.stdout
    assert "Funnel: 3 sessions; 3 viewed, 1 added to cart (33.3% of those), 1 bought (100.0% of those)." in result.stdout
    # Two sessions bought, one of them after a view and a cart.
    assert "2.00 events per session, median 2; 2.00 sessions per user (1 known); 66.7% of sessions bought" in result.stdout
    assert "secret" not in result.stdout


def test_an_unknown_or_unreadable_target_is_an_error(lake: LocalLake, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "bad.json").write_text("{")
    for what, sentence in (
        ("nothing", "nothing: no such table or file; `shoplake tables` lists the tables.\n"),
        ("events", "events: no rows yet; `shoplake run` builds it.\n"),
        (str(tmp_path / "notes.txt"), "unsupported file type; expected .csv, .tsv, .json, .ndjson, .jsonl, .parquet"),
        (str(tmp_path / "bad.json"), "bad.json: it cannot be read as json ("),
    ):
        result = CliRunner().invoke(app, ["--lake", str(lake.root), "profile", what])
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1
