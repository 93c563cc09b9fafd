"""shoplake cost, as it is typed."""

from __future__ import annotations

import pytest

from offline.cli.app import app


def test_the_table_names_its_region_its_load_and_its_sum(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")

    app(["cost", "--env", "prod", "--events-per-second", "100"], standalone_mode=False)

    said = capsys.readouterr().out
    assert "prod, 1.17 GB of raw data a day, partitions by month, storage as after 12 months: " in said
    assert "30 runs × (0.067 to start + 18.0792 GB × 0.0385 DPU-hours)" in said
    assert "Prices of us-east-1 as of 2025-06" in said
