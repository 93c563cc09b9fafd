"""A lake's settings: lost or damaged ones are read off the folders of its tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.errors import UsageError
from offline.lake.local_lake import LocalLake
from offline.twin.record import Record


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    """A lake by day."""
    (tmp_path / "s3" / "processed" / "events" / "source=shop" / "period=2025-03-01").mkdir(parents=True)
    return LocalLake(tmp_path)


@pytest.mark.parametrize("content", [None, "", '{"grain": "week"}', "{"])
def test_lost_settings_do_not_change_the_grain_of_a_lake(lake: LocalLake, content: str | None) -> None:
    if content is not None:
        (lake.root / "lake.json").write_text(content, encoding="utf-8")
    assert lake.grain(None) == "day"
    assert json.loads((lake.root / "lake.json").read_text(encoding="utf-8")) == {"grain": "day"}
    with pytest.raises(UsageError, match="this lake partitions all its tables by day"):
        lake.grain("month")


def test_only_the_lake_s_own_buckets_show_its_grain(lake: LocalLake) -> None:
    (lake.root / "s3/ours/events/source=shop/period=2025-03").mkdir(parents=True)
    Record("", {"processed": "ours"}, {}).write(lake.root)
    assert lake.grain(None) == "month"


def test_a_new_lake_has_the_requested_grain_or_months(tmp_path: Path) -> None:
    assert LocalLake(tmp_path / "a").grain("day") == "day"
    assert LocalLake(tmp_path / "b").grain(None) == "month"
