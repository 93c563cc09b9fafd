"""Sessions rebuilt for changed periods equal sessions computed again from all events by DuckDB."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from contracts import load
from contracts.periods import GRAINS
from glue_jobs.lib.curated.incremental import SpanningMart
from glue_jobs.lib.lake.context import Lake, parse, parser
from tests.support.frames import MARTS
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

TRUTH = Path(__file__).parents[3] / "end_to_end/truth/curated/fct_sessions.sql"
SQL = (MARTS / "fct_sessions.sql").read_text(encoding="utf-8")
FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m"}
DAYS = {
    "day": [datetime(2025, 1, day, tzinfo=UTC) for day in range(10, 18)],
    "month": [datetime(2025, month, day, tzinfo=UTC) for month in (1, 2, 3, 4) for day in (1, 2, 28)],
}
TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("event_id", "session_id", "user_id", "event_type", "product_id")]
    + [("event_time", TIME), ("event_date", pa.date32())]
)
Event = dict[str, object]


class Sessions:
    """The events of a lake, by period, and its fct_sessions."""

    def __init__(self, spark: SparkSession, lake_root: Path, name: str, grain: str) -> None:
        shop = Shop(spark, lake_root, name, grain=grain)
        self.lake = Lake.open(parse(parser(""), shop.arguments()))
        self.grain = grain
        self.events = shop.folder("processed") / "events/source=s"
        self.sessions = shop.folder("curated") / "fct_sessions/source=s"
        self.events.mkdir(parents=True)

    def write(self, period: str, events: list[Event]) -> None:
        shutil.rmtree(self.events / f"period={period}", ignore_errors=True)
        if events:
            (self.events / f"period={period}").mkdir()
            pq.write_table(pa.Table.from_pylist(events, SCHEMA), self.events / f"period={period}/part-00000.parquet")

    def select(self, periods: list[str] | None) -> DataFrame:
        return self.lake.select(SQL, {"events": self.lake.read("events", source="s", periods=periods)}, where="fct_sessions.sql")

    def build(self) -> None:
        self._put(None, self.select(None))

    def update(self, *changed: str) -> list[str]:
        """Build what changes in these periods can touch; returns the periods that were written."""
        mart = SpanningMart(self.lake, "s", load("fct_sessions"), "events", frozenset(changed))
        part = mart.part(lambda periods: self.select(list(periods)))
        self._put(part.periods, part.rows)
        return list(part.periods or ())

    def _put(self, periods: object, rows: DataFrame) -> None:
        staged = self.sessions.parents[1] / "staged"
        rows.coalesce(1).write.mode("overwrite").partitionBy("source", "period").parquet(f"{self.lake.curated}/{staged.name}")
        for folder in list(self.sessions.glob("period=*")):
            if periods is None or folder.name.removeprefix("period=") in list(periods):  # type: ignore[call-overload]
                shutil.rmtree(folder)
        self.sessions.mkdir(parents=True, exist_ok=True)
        for folder in staged.glob("source=s/period=*"):
            folder.rename(self.sessions / folder.name)

    def differences(self) -> list[tuple[object, ...]]:
        """Rows that only the table or only DuckDB has."""
        files = list(self.sessions.rglob("*.parquet"))
        with duckdb.connect() as engine:
            engine.execute("set timezone = 'UTC'")
            columns = ", ".join(load("fct_sessions").names).replace("source, ", "")
            place = "'{}/*/*.parquet', hive_partitioning = true, hive_types = {{'period': varchar}}"
            found = f"select {columns} from read_parquet({place.format(self.sessions)})"
            events = list(self.events.rglob("*.parquet"))
            if not events:
                return [] if not files else engine.execute(found).fetchall()
            engine.execute(f"create table events as from read_parquet({place.format(self.events)})")
            period = f"strftime(started_at, '{FORMATS[self.grain]}')"
            right = f"select {columns} from (select * replace ({period} as period) from ({TRUTH.read_text(encoding='utf-8')}))"
            if not files:
                return engine.execute(right).fetchall()
            both = f"(({found}) except all ({right})) union all (({right}) except all ({found}))"
            return engine.execute(both).fetchall()


def some_events(chance: random.Random, day: datetime, number: int) -> Iterator[Event]:
    """Events of one UTC day, most of them near midnight, of few users and sessions."""
    for place in range(number):
        moment = day + timedelta(seconds=chance.choice([chance.randrange(1500), 86_399 - chance.randrange(1500), 43_200]))
        kind = chance.choice(["view", "view", "cart", "purchase", "remove_from_cart", "page"])
        yield {
            "event_id": f"e{day:%Y%m%d}-{place}-{chance.randrange(1000)}",
            "session_id": chance.choice([None, None, None, f"s{day:%m%d}", f"s{chance.randrange(9)}"]),
            "user_id": chance.choice([None, "u1", "u1", "u2"]),
            "event_type": kind,
            "product_id": None if kind == "page" else f"p{chance.randrange(4)}",
            "event_time": moment,
            "event_date": moment.date(),
        }


def events_of(chance: random.Random, grain: str, period: str) -> list[Event]:
    """The events of a period; now and then there are none."""
    days = [day for day in DAYS[grain] if f"{day:{FORMATS[grain]}}" == period]
    return [] if chance.random() < 0.2 else [event for day in days for event in some_events(chance, day, chance.randrange(1, 12))]


@pytest.mark.full
@pytest.mark.parametrize(("grain", "seed"), [(grain, seed) for grain in GRAINS for seed in (1, 2)])
def test_any_changes_of_any_periods_in_any_order(spark: SparkSession, lake_root: Path, grain: str, seed: int) -> None:
    chance = random.Random(seed)
    names = sorted({f"{day:{FORMATS[grain]}}" for day in DAYS[grain]})
    sessions = Sessions(spark, lake_root, f"incremental-{grain}-{seed}", grain)
    for name in chance.sample(names, 3):
        sessions.write(name, events_of(chance, grain, name))
    sessions.build()
    for step in range(4):
        # GIVEN events of one or two periods that were added, replaced or removed
        changed = chance.sample(names, chance.choice([1, 1, 2]))
        for name in changed:
            sessions.write(name, events_of(chance, grain, name))
        if chance.random() < 0.3:
            # A run reads what a conform has moved so far; it is killed, or follows an earlier conform.
            sessions.update(changed[0])
        # WHEN
        sessions.update(*changed)
        # THEN
        assert sessions.differences() == [], (step, changed)


def visit(user: str, *moments: str, session: str | None = None) -> list[Event]:
    """Views of one user; moments are such as 10T23:50."""
    times = [datetime.fromisoformat(f"2025-01-{moment}:00+00:00") for moment in moments]
    return [
        {"event_id": f"{user}-{time:%d%H%M}", "session_id": session, "user_id": user, "event_type": "view", "event_time": time}
        | {"event_date": time.date(), "product_id": "p1"}
        for time in times
    ]


def test_late_events_join_sessions_and_removed_ones_split_them(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN visits before and after midnights, one through all of the 12th, and a session of the source on two days
    through = [f"12T{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(0, 24 * 60, 29)]
    ninth, tenth = visit("before", "09T23:55"), visit("before", "10T00:05")
    eleventh = visit("through", "11T23:55") + visit("joined", "11T00:10")
    sessions = Sessions(spark, lake_root, "incremental-late", "day")
    for day, events in (("09", ninth), ("10", tenth), ("11", eleventh), ("12", visit("through", *through))):
        sessions.write(f"2025-01-{day}", events)
    sessions.write("2025-01-13", visit("through", "13T00:10") + visit("named", "13T10:00", session="a"))
    sessions.write("2025-01-14", visit("named", "14T10:00", session="a"))
    sessions.build()
    # WHEN an event of the 10th arrives late, which joins a session of the 11th, and a conform has removed the 12th already
    sessions.write("2025-01-10", tenth + visit("joined", "10T23:50"))
    sessions.write("2025-01-12", [])
    first = sessions.update("2025-01-10")
    # AND the next run knows of the 12th, too
    second = sessions.update("2025-01-12")
    # THEN only periods of sessions that could change are written, and the rows are those of all events
    assert first == [f"2025-01-{day}" for day in ("09", "10", "11")]
    assert second == [f"2025-01-{day}" for day in ("11", "12", "13")]
    assert sessions.differences() == []
    # WHEN the 14th loses the end of the source's session THEN its row of the 13th changes
    sessions.write("2025-01-14", [])
    assert sessions.update("2025-01-14") == ["2025-01-13", "2025-01-14"]
    assert sessions.differences() == []
    # WHEN that session goes on, on a day that its row does not reach THEN the row grows
    sessions.write("2025-01-14", visit("named", "14T11:00", session="a"))
    assert sessions.update("2025-01-14") == ["2025-01-13", "2025-01-14"]
    assert sessions.differences() == []
