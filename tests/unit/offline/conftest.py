"""Unit tests of the command line know the zones' buckets by plain names, so that none has to synthesize the platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offline.lake.local_lake import LocalLake


@pytest.fixture(autouse=True)
def _named_zones() -> Iterator[None]:
    # A patch of its own, since tests undo theirs.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalLake, "zones", {zone: f"shoplake-{zone}" for zone in ("raw", "processed", "curated")})
        yield
