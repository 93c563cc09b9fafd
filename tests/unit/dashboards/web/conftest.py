"""The tiny shop and an empty lake, and the dashboard over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.web.data import Data
from dashboards.web.lake import LakeReader
from tests.support.lazy import lazy
from tests.support.tiny_shop import write_shop

Dashboard = lazy("dashboards.web.app", "Dashboard")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("shop")
    zones = {zone: root / zone for zone in ("raw", "processed", "curated")}
    write_shop(zones)
    return zones


@pytest.fixture
def data(folders: dict[str, Path]) -> Iterator[Data]:
    reader = LakeReader(folders)
    yield Data(reader)
    reader.close()


@pytest.fixture
def dashboard(data: Data) -> Dashboard:
    return Dashboard(data)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Data]:
    reader = LakeReader({zone: tmp_path / zone for zone in ("raw", "processed", "curated")})
    yield Data(reader)
    reader.close()
