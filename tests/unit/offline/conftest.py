"""Gives every lake fixed bucket names, so that unit tests need not synthesize the platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offline.lake.local_lake import LocalLake


@pytest.fixture(autouse=True)
def _named_zones() -> Iterator[None]:
    # Not the monkeypatch fixture: tests may undo that one.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalLake, "zones", {zone: f"shoplake-{zone}" for zone in ("raw", "processed", "curated")})
        yield
