"""The one way from a page to its data: a named query with values, answered by the local lake or by Athena, and cached."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from athena_queries.result import Result
from contracts.errors import LakeError, UsageError
from dashboards.web.queries import MAX_ROWS, bind, query_sql

CACHE_SECONDS = 60.0
CACHED_ANSWERS = 500
# A page asks the same query for a tile and a chart; one that failed is not asked twice for it.
FAILURE_SECONDS = 5.0
Row = dict[str, Any]


class Reader(Protocol):
    """Runs one SELECT in Athena's dialect."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Answer:
    """The rows of a query under typed columns, and when they were read."""

    columns: list[tuple[str, str]]
    rows: list[Row]
    read_at: datetime

    @classmethod
    def of(cls, rows: list[Row]) -> Answer:
        """An answer of texts that no query gave."""
        return cls([(name, "varchar") for name in (rows[0] if rows else ())], rows, datetime.now(UTC))

    def of_kind(self, kind: str) -> Answer:
        """The rows of one `kind`, without that column."""
        rows = [{name: value for name, value in row.items() if name != "kind"} for row in self.rows if row["kind"] == kind]
        return Answer([column for column in self.columns if column[0] != "kind"], rows, self.read_at)


class Data:
    """Answers of named queries, each kept for `seconds`. `databases` are those of the zones on AWS that may be read.

    `parallel` queries run at once: more than one where the reader waits for another machine.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        databases: Mapping[str, str] | None = None,
        seconds: float = CACHE_SECONDS,
        parallel: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader, self._databases, self.seconds, self._clock = reader, databases, seconds, clock
        self._parallel = parallel
        self._kept: OrderedDict[tuple[str, tuple[Any, ...]], tuple[float, Answer | LakeError]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_near(self) -> bool:
        """Whether answers come from this machine, within a tenth of a second."""
        return self._parallel == 1

    def reads(self, zone: str) -> bool:
        """Whether this zone may be read."""
        return self._databases is None or zone in self._databases

    def answer(self, name: str, **values: Any) -> Answer:
        """The rows of query `name` for these values; UsageError if the query is wrong."""
        sql, ordered = bind(query_sql(name, self._databases), values)
        return self.run(sql, ordered)

    def rows(self, name: str, **values: Any) -> list[Row]:
        return self.answer(name, **values).rows

    def row(self, name: str, **values: Any) -> Row:
        """The only row of a query; empty if there is none."""
        rows = self.rows(name, **values)
        return rows[0] if rows else {}

    def run(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """The rows of a statement, at most MAX_ROWS."""
        key = (sql, tuple(values))
        with self._lock:
            kept = self._kept.get(key)
            if kept and self._clock() - kept[0] < (self.seconds if isinstance(kept[1], Answer) else FAILURE_SECONDS):
                self._kept.move_to_end(key)
                return _or_raise(kept[1])
        answer = self._read(sql, values)
        with self._lock:
            self._kept[key] = (self._clock(), answer)
            while len(self._kept) > CACHED_ANSWERS:
                self._kept.popitem(last=False)
        return _or_raise(answer)

    def together(self, questions: Iterable[Callable[[], object]]) -> None:
        """Ask these questions side by side, so that their answers are kept when a page is built from them one by one."""
        if self._parallel > 1:
            with ThreadPoolExecutor(self._parallel) as pool:
                list(pool.map(_asked, questions))

    def _read(self, sql: str, values: Sequence[Any]) -> Answer | LakeError:
        try:
            result = self._reader.query(sql, values)
        except LakeError as error:
            return error
        if len(result.rows) > MAX_ROWS:
            return UsageError(f"The query has more than {MAX_ROWS:,} rows; add a limit.")
        names = [name for name, _ in result.columns]
        return Answer(result.columns, [dict(zip(names, row, strict=True)) for row in result.rows], datetime.now(UTC))

    def close(self) -> None:
        self._reader.close()

    def forget(self) -> None:
        """Drop all kept answers, so that the next ones are read again."""
        with self._lock:
            self._kept.clear()


def _or_raise(answer: Answer | LakeError) -> Answer:
    if isinstance(answer, LakeError):
        raise answer
    return answer


def _asked(question: Callable[[], object]) -> None:
    with suppress(LakeError):  # the chart that needs the answer says what is wrong
        question()
