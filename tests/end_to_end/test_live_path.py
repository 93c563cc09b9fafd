"""The live path over real sockets: a real store's log by HTTP, as live totals and as tables, against plain SQL on its file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from lambdas.common.table import Table
from lambdas.live.metrics import read, tally_sum
from offline.athena import open_lake
from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from offline.live.endpoint import Endpoint
from offline.twin import client
from offline.twin.client import Twin
from tests.unit.offline.twin.test_kinesis_to_lambda import until

pytestmark = [pytest.mark.full, pytest.mark.twin]

FIELDS = {"product_id": "product_id", "category_id": "category_id", "category_code": "category", "brand": "brand"}


@dataclass(frozen=True)
class Replayed:
    """A lake whose API has taken the log; expected counts and values by event type."""

    lake: LocalLake
    live: Mapping[str, tuple[int, Decimal]]
    repeated: int
    expected: Mapping[str, tuple[int, Decimal]]


def events_of(file: Path, *, last: datetime) -> Iterator[dict[str, Any]]:
    """The log's rows as events of the minutes before `last`; the file's last row is cut off."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["user_session"]]
    step = timedelta(minutes=4) / len(rows)
    for number, row in enumerate(rows):
        yield {
            "event_id": f"rees46-{number}",
            "event_type": row["event_type"],
            "event_time": (last - step * (len(rows) - number)).isoformat(),
            "price": row["price"],
            "user_id": row["user_id"],
            "session_id": row["user_session"],
            **{name: row[column] for column, name in FIELDS.items() if row[column]},
        }


def live_totals(twin: Twin, start: datetime) -> tuple[dict[str, tuple[int, Decimal]], int]:
    table = Table(twin.output("LiveTableName"), twin.client("dynamodb"))
    windows = read(table, seconds=10, since=start - timedelta(minutes=10), until=start + timedelta(hours=1), details=False)
    total = tally_sum(window.total for window in windows)
    counted = {kind: (count, total.values.get(kind, Decimal(0))) for kind, count in total.counts.items()}
    return counted, sum(window.duplicates for window in windows)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Iterator[Replayed]:
    file = shared_data("rees46") / "2019-Oct.csv"
    log = duckdb.read_csv(str(file), all_varchar=True, ignore_errors=True).filter("user_session is not null")
    rows = log.aggregate("event_type, count(*), sum(price::decimal(18, 4))").fetchall()
    valued = ("cart", "purchase")
    expected = {kind: (count, value if kind in valued else Decimal(0)) for kind, count, value in rows}
    lake = LocalLake(tmp_path_factory.mktemp("live_path"))
    twin = client.up(lake.root)
    api = Endpoint(twin.output("ApiUrl"), twin.output("PublishableKey"), patience_seconds=60, sleep=lambda _: None)
    start = datetime.now(UTC)
    events = list(events_of(file, last=start))
    batches = [events[first : first + 500] for first in range(0, len(events), 500)]
    # A sender that never saw an answer sends its batch again.
    for number, batch in enumerate(batches):
        for _ in range(2 if number % 3 == 0 else 1):
            assert api.send(batch).accepted == len(batch)
    repeated = sum(len(batch) for batch in batches[::3])
    until(lambda: live_totals(twin, start)[1] == repeated, seconds=300)
    totals, duplicates = live_totals(twin, start)
    client.down(lake.root)
    yield Replayed(lake, totals, duplicates, expected)
    client.down(lake.root)


def test_live_totals_equal_a_count_of_the_file(replayed: Replayed) -> None:
    assert replayed.live == replayed.expected


def test_the_batch_agrees_to_the_event(replayed: Replayed) -> None:
    # WHEN the lake's jobs load what Firehose delivered
    result = CliRunner().invoke(app, ["--lake", str(replayed.lake.root), "run", "--source", "stream"])
    assert result.exit_code == 0, result.output
    # THEN
    with open_lake(replayed.lake.folders) as lake:
        counts = dict(lake.query("select event_type, count(*) from events where source = 'stream' group by 1").rows)
        ((lines, amount),) = lake.query("select count(*), sum(amount) from order_items where source = 'stream'").rows
        ((read_rows, deduplicated),) = lake.query(
            "select sum(rows_read), sum(rows_deduplicated) from etl_runs where source = 'stream' and table_name = 'events'"
        ).rows
    assert counts == {kind: count for kind, (count, _) in replayed.expected.items()}
    assert (lines, amount) == replayed.expected["purchase"]
    assert (deduplicated, read_rows) == (replayed.repeated, sum(counts.values()) + replayed.repeated)
