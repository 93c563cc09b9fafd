"""One Trino over one generated lake, for `make test-trino`; other test runs leave this folder out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import load_all
from offline.athena import LakeQueries, open_lake
from offline.athena.athena_types import build, type_name
from tests.trino import generated_lake
from tests.trino.server import Trino

INSTALLED = os.environ.get("SHOPLAKE_TRINO")
collect_ignore_glob = [] if INSTALLED else ["test_*.py"]


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    generated_lake.write(root)
    return root


@pytest.fixture(scope="session")
def trino(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    assert INSTALLED
    server = Trino(Path(INSTALLED), tmp_path_factory.mktemp("trino"), lake)
    try:
        for zone in ("processed", "curated"):
            server.query(f"create schema {zone}")
            for contract in load_all(zone).values():
                typed = [(column.name, type_name(build(column.physical_type))) for column in contract.columns]
                partitions = dict.fromkeys(contract.partition_columns, "varchar")
                server.create_table(zone, contract.name, [c for c in typed if c[0] not in partitions], partitions)
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def ours(lake: Path) -> Iterator[LakeQueries]:
    with open_lake({zone: lake / zone for zone in ("processed", "curated")}) as queries:
        yield queries
