"""Two small generated shops."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from offline.generator import Truth, generate

DAYS, USERS, EVENTS = 21, 400, 600


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    out = tmp_path_factory.mktemp("shop")
    return out, generate(out, days=DAYS, users=USERS, events_per_day=EVENTS)


@pytest.fixture(scope="session")
def rees46(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    out = tmp_path_factory.mktemp("rees46")
    return out, generate(out, days=DAYS, users=USERS, events_per_day=EVENTS, layout="rees46", start=date(2019, 10, 1))
