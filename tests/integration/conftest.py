"""Fixtures of the integration tests."""

from __future__ import annotations

import pytest

from tests.support.kept_shops import KeptShops
from tests.support.lake_cache import LakeCache


@pytest.fixture(scope="session")
def kept_shops(lake_cache: LakeCache) -> KeptShops:
    """Shops that earlier test runs have built."""
    return KeptShops(lake_cache)
