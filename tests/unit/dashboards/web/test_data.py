"""The cache: how long answers are kept, and that a page's figures never come from a whole table."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from athena_queries.result import Result
from contracts.errors import PlatformError, UsageError
from dashboards.web.data import CACHED_ANSWERS, FAILURE_SECONDS, Data
from dashboards.web.lake import LakeReader
from dashboards.web.pages import PAGES
from dashboards.web.queries import MAX_ROWS, query_sql
from tests.support.lazy import lazy

Dashboard = lazy("dashboards.web.app", "Dashboard")


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


class Meeting:
    """A reader whose queries end only when two of them run at the same moment."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=10)

    def query(self, sql: str, _: Sequence[Any] = ()) -> Result:
        self._both.wait()
        return Result([("sql", "varchar")], [(sql,)])

    def close(self) -> None:
        pass


def test_questions_are_asked_side_by_side_and_their_answers_kept() -> None:
    data = Data(Meeting(), parallel=2)
    data.together([lambda: data.run("select 1"), lambda: data.run("select 2")])
    assert [data.run(sql).rows for sql in ("select 1", "select 2")] == [[{"sql": "select 1"}], [{"sql": "select 2"}]]


def test_a_query_that_failed_is_not_asked_again_by_the_same_page() -> None:
    now, asked = [0.0], []

    class Failing(Counting):
        def query(self, sql: str, _: Sequence[Any] = ()) -> Result:
            asked.append(sql)
            raise PlatformError("Athena took more than 20 s; choose a shorter period.")

    data = Data(Failing(), parallel=2, clock=lambda: now[0])
    data.together([lambda: data.run("select 1")])
    with pytest.raises(PlatformError, match="choose a shorter period"):
        data.run("select 1")
    assert asked == ["select 1"]
    now[0] = FAILURE_SECONDS
    with pytest.raises(PlatformError):
        data.run("select 1")
    assert len(asked) == 2


def test_a_page_asks_for_everything_at_once_that_it_shows(folders: dict[str, Path]) -> None:
    # GIVEN a dashboard that may ask side by side, and its lake
    class Recording(LakeReader):
        recorded: ClassVar[list[tuple[str, bool]]] = []

        def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
            self.recorded.append((sql, threading.current_thread() is not threading.main_thread()))
            return super().query(sql, parameters)

    reader = Recording(folders)
    dashboard = Dashboard(Data(reader, parallel=4))
    # WHEN every page is shown with a comparison
    for path in PAGES:
        dashboard.render(path, "?source=tiny", dark=False)
    reader.close()
    # THEN only the days of the sources were asked for alone
    alone = {sql for sql, was_together in reader.recorded if not was_together}
    assert alone == {query_sql("coverage")}
    assert len(reader.recorded) > 20


def test_a_page_shows_what_it_can_read(folders: dict[str, Path]) -> None:
    # GIVEN Athena, too slow for the currency and the choices
    class Slow(LakeReader):
        def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
            if "source_currency" in sql or "category_overview" in sql:
                raise PlatformError("Athena took more than 22 s; choose a shorter period.")
            return super().query(sql, parameters)

    reader = Slow(folders)
    filled = Dashboard(Data(reader, parallel=4)).render("/", "?source=tiny&from=2025-03-01&category=kitchen.cups", dark=False)
    reader.close()
    # THEN the figures are there, without a currency, and with the choice that was made
    assert "15.00" in str(filled["content"])
    assert filled["choices"]["category"] == ["kitchen.cups"]
