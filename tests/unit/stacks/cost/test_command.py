"""shoplake cost"""

from __future__ import annotations

import pytest

from offline.cli.app import app
from tests.support.deployments import Templates


@pytest.mark.parametrize("is_kept", [True, pytest.param(False, marks=pytest.mark.full)], ids=["kept templates", "synthesized"])
def test_cost_shows_load_region_and_total(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, templates: Templates, *, is_kept: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    if is_kept:
        monkeypatch.setattr("stacks.synthesized.templates", templates)

    app(["cost", "--env", "prod", "--events-per-second", "100"], standalone_mode=False)

    output = capsys.readouterr().out
    assert "prod, 1.17 GB of raw data per day, partitions by month, storage as after 12 months: " in output
    assert "30 runs × (0.067 to start + 18.0792 GB × 0.0385 DPU-hours)" in output
    assert "Prices of us-east-1, seen from 2024-12 to 2026-08" in output
