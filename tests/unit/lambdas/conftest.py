from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.common.table import Table
from tests.support.live import create_table, dynamodb_in_moto


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, dynamodb_in_moto(patch) as client:
        yield client


@pytest.fixture
def table(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Table:
    """An empty live table; retries do not wait."""
    monkeypatch.setattr("lambdas.common.retry.BASE_SECONDS", 0)
    return create_table(dynamodb)
