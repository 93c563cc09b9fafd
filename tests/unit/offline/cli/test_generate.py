"""The command that `generate` suggests takes every data file, and not the ground truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from offline.cli.app import app


@pytest.mark.parametrize(
    ("layout", "kinds"), [("shop", ["customers", "events", "order_lines", "products"]), ("rees46", ["events"])]
)
def test_the_suggested_command_lands_what_was_generated(tmp_path: Path, layout: str, kinds: list[str]) -> None:
    arguments = ["generate", "--out", str(tmp_path), "--layout", layout, "--days", "1", "--users", "20", "--events-per-day", "20"]
    output = CliRunner().invoke(app, arguments).output
    pattern = output.rpartition(" ")[2].strip().removeprefix(f"{tmp_path}/")
    assert f"shoplake land {layout} " in output
    assert sorted(path.name for path in tmp_path.glob(pattern)) == [f"{kind}-2025-01-01.csv" for kind in kinds]
