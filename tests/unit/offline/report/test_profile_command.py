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


def test_a_file_is_told_line_by_line_and_written_as_a_page(tmp_path: Path) -> None:
    """
    GIVEN four rows, one of them twice, a gap from the 2nd to the 4th, and a line that is no row
    WHEN the file is profiled
    THEN the terminal says so, and so does a page that is well-formed and loads nothing
    """
    (tmp_path / "shop.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    page = tmp_path / "pages/shop.html"
    result = CliRunner().invoke(app, ["profile", str(tmp_path / "shop.csv.gz"), "--html", str(page)])
    assert result.exit_code == 0, result.stderr
    assert "shop.csv.gz  4 rows, 3 columns" in result.stdout
    # 11 of 12 cells.
    assert "91.7% of all cells are filled; 1 rows repeat another one in every column." in result.stdout
    assert "• sold: 3 of 6 days are missing, the longest 3 days after 2025-01-01" in result.stdout
    assert "1 lines are no rows and are in no figure (line 6:" in result.stderr
    root = ElementTree.fromstring(page.read_text(encoding="utf-8").removeprefix("<!doctype html>"))
    assert not [value for element in root.iter() for name, value in element.attrib.items() if name in ("src", "href")]
    assert "<b>" in "".join(root.itertext())


def test_a_table_is_told_by_source_with_what_the_shop_does(home: LocalLake, put: Put) -> None:
    """Two sessions of one user and one of nobody: 6 events, 2 sessions per user; the user's pseudonym is not shown."""
    at = datetime(2025, 1, 6)
    put(
        "fct_sessions",
        [
            {"session_id": f"s{n}", "user_id": user, "started_at": at, "ended_at": at, "events": n} | dict.fromkeys(steps, True)
            for n, user, steps in (
                (1, "secret", ("reached_view",)),
                (2, "secret", ("reached_view", "reached_cart", "reached_purchase")),
                (3, None, ("reached_view",)),
            )
        ],
    )
    result = CliRunner().invoke(app, ["--lake", str(home.root), "profile", "fct_sessions"])
    assert result.exit_code == 0, result.stderr
    assert "fct_sessions · tiny  3 rows," in result.stdout
    assert "Funnel: 3 sessions; 3 viewed, 1 carted (33.3% of those), 1 bought (100.0% of those)." in result.stdout
    assert "2.00 events per session, half have at most 2; 2.00 sessions per user (1 known)." in result.stdout
    assert "secret" not in result.stdout


def test_what_is_neither_is_refused_in_one_sentence(home: LocalLake, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "bad.json").write_text("{")
    for what, sentence in (
        ("nothing", "nothing: there is neither a file nor a table of this name; see `shoplake tables`.\n"),
        ("events", "events: it has no rows yet; `shoplake run` makes them.\n"),
        (str(tmp_path / "notes.txt"), "expected a name that ends in .csv, .tsv, .json, .ndjson, .jsonl, .parquet"),
        (str(tmp_path / "bad.json"), "bad.json: it cannot be read as json ("),
    ):
        result = CliRunner().invoke(app, ["--lake", str(home.root), "profile", what])
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1
