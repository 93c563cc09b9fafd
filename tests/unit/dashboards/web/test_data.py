"""The cache: how long answers are kept, and that a page's figures never come from a whole table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.errors import UsageError
from dashboards.web.data import CACHED_ANSWERS, Data
from dashboards.web.queries import MAX_ROWS
from offline.athena import Result


class Counting:
    """A reader of one column that counts its queries."""

    def __init__(self, rows: int = 1) -> None:
        self.queries, self._rows = 0, rows

    def query(self, _: str, __: Sequence[Any] = ()) -> Result:
        self.queries += 1
        return Result([("number", "bigint")], [(self.queries,)] * self._rows)

    def close(self) -> None:
        pass


def test_an_answer_is_kept_for_its_time_and_per_value() -> None:
    now = [0.0]
    reader = Counting()
    data = Data(reader, seconds=60, clock=lambda: now[0])

    assert data.run("select ?", ["a"]).rows == data.run("select ?", ["a"]).rows == [{"number": 1}]
    assert data.run("select ?", ["b"]).rows == [{"number": 2}]
    now[0] = 59.9
    assert data.run("select ?", ["a"]).rows == [{"number": 1}]
    now[0] = 60.0
    assert data.run("select ?", ["a"]).rows == [{"number": 3}]
    data.forget()
    assert data.run("select ?", ["a"]).rows == [{"number": 4}]


def test_the_cache_does_not_grow_without_end() -> None:
    reader = Counting()
    data = Data(reader)
    for number in range(CACHED_ANSWERS + 1):
        data.run("select ?", [number])
    data.run("select ?", [0])
    assert reader.queries == CACHED_ANSWERS + 2


def test_more_rows_than_a_page_may_hold_are_refused() -> None:
    assert len(Data(Counting(MAX_ROWS)).run("select 1").rows) == MAX_ROWS
    with pytest.raises(UsageError, match=r"more than 1,000 rows; add a limit"):
        Data(Counting(MAX_ROWS + 1)).run("select 1")
