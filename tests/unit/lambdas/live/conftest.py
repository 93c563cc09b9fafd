from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.common.table import Table
from tests.support.live import aws


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """An empty live table; retries do not wait."""
    monkeypatch.setattr("lambdas.common.retry.BASE_SECONDS", 0)
    with aws(monkeypatch) as live_table:
        yield live_table
