"""Views on the command line: listed, described and queried like tables."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from tests.support.tables import write_rows


def run(lake: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["--lake", str(lake), *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_tables_lists_views_and_describe_shows_purpose_grain_and_columns(tmp_path: Path) -> None:
    assert "Sessions that reached each step: view, then cart, then purchase." in run(tmp_path, "tables")
    for name in ("funnel", "curated.funnel"):
        shown = run(tmp_path, "describe", name)
        assert "curated.funnel (view)" in shown
        assert " ".join(shown.split()).count("grain source owner analytics reads funnel_daily") == 1
        assert "Sessions with a product view." in shown


def test_sql_reads_a_view(tmp_path: Path) -> None:
    day = {"date": "2025-01-06", "sessions": 4, "reached_view": 2, "reached_cart": 1, "reached_purchase": 1}
    write_rows(LocalLake(tmp_path).folders, "funnel_daily", [day])

    assert run(tmp_path, "sql", "--json", "select view_to_cart_rate from funnel") == '{"view_to_cart_rate": 0.5}\n'
