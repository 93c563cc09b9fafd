"""The live path over real sockets: real stores' logs by HTTP, as live totals and as tables, against plain SQL on the files.

SHOPLAKE_LIVE_PASSES says how often the logs are sent, each time with other IDs; four make 107,000 events.
"""

from __future__ import annotations

import csv
import os
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

PASSES = int(os.environ.get("SHOPLAKE_LIVE_PASSES", "1"))
REES46 = {
    "product_id": "product_id",
    "category_id": "category_id",
    "category_code": "category",
    "brand": "brand",
    "price": "price",
}
RETAILROCKET = {"view": "view", "addtocart": "cart", "transaction": "purchase"}
# Events by type, and the value of carts and purchases, as each file has them. Retail Rocket's log has no prices.
COUNTED = {
    "rees46/2019-Oct.csv": """
        select event_type, count(*), sum(price::decimal(18, 4)) filter (event_type in ('cart', 'purchase'))
        from log where user_session is not null group by 1
    """,
    "retailrocket/sample_events.csv": """
        select case event when 'addtocart' then 'cart' when 'transaction' then 'purchase' else event end, count(*), null
        from log group by 1
    """,
}


@dataclass(frozen=True)
class Replayed:
    """A lake whose API has taken the log; expected counts and values by event type."""

    lake: LocalLake
    live: Mapping[str, tuple[int, Decimal]]
    repeated: int
    expected: Mapping[str, tuple[int, Decimal]]
    priced_purchases: int


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rees46(file: Path) -> Iterator[dict[str, Any]]:
    """The log's events; the file's last row is cut off."""
    for row in rows_of(file):
        if row["user_session"]:
            known = {name: row[column] for column, name in REES46.items() if row[column]}
            yield {"event_type": row["event_type"], "user_id": row["user_id"], "session_id": row["user_session"], **known}


def retailrocket(file: Path) -> Iterator[dict[str, Any]]:
    """The log's events; visitors have no sessions there, and purchases have no price."""
    for row in rows_of(file):
        visitor = f"visitor-{row['visitorid']}"
        event = {"event_type": RETAILROCKET[row["event"]], "user_id": visitor, "session_id": visitor}
        order = {"order_id": row["transactionid"]} if row["transactionid"] else {}
        yield {**event, "product_id": row["itemid"], **order}


def timed(events: list[dict[str, Any]], *, last: datetime) -> Iterator[dict[str, Any]]:
    """The events with IDs, evenly over the minutes before `last`."""
    step = timedelta(minutes=4) / len(events)
    for number, event in enumerate(events):
        yield event | {"event_id": f"log-{number}", "event_time": (last - step * (len(events) - number)).isoformat()}


def counted(files: Mapping[str, Path]) -> dict[str, tuple[int, Decimal]]:
    """Count and value by event type over all files and passes, by DuckDB."""
    total: dict[str, tuple[int, Decimal]] = {}
    for name, query in COUNTED.items():
        log = duckdb.read_csv(str(files[name]), all_varchar=True, ignore_errors=True)  # noqa: F841 - the queries read it
        for kind, count, value in duckdb.sql(query).fetchall():
            before = total.get(kind, (0, Decimal(0)))
            total[kind] = (before[0] + PASSES * count, before[1] + PASSES * (value or Decimal(0)))
    return total


def are_counted(twin: Twin, start: datetime, *, events: int, repeated: int) -> bool:
    """Whether all were counted; shards are not read in step, so the last repeat may come before the last event."""
    totals, duplicates = live_totals(twin, start)
    return sum(count for count, _ in totals.values()) >= events and duplicates >= repeated


def live_totals(twin: Twin, start: datetime) -> tuple[dict[str, tuple[int, Decimal]], int]:
    table = Table(twin.output("LiveTableName"), twin.client("dynamodb"))
    windows = read(table, seconds=10, since=start - timedelta(minutes=10), until=start + timedelta(hours=1), details=False)
    total = tally_sum(window.total for window in windows)
    counted = {kind: (count, total.values.get(kind, Decimal(0))) for kind, count in total.counts.items()}
    return counted, sum(window.duplicates for window in windows)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Iterator[Replayed]:
    files = {name: shared_data(name.partition("/")[0]) / name.partition("/")[2] for name in COUNTED}
    lake = LocalLake(tmp_path_factory.mktemp("live_path"))
    twin = client.up(lake.root)
    api = Endpoint(twin.output("ApiUrl"), twin.output("PublishableKey"), patience_seconds=60, sleep=lambda _: None)
    start = datetime.now(UTC)
    once = [*rees46(files["rees46/2019-Oct.csv"]), *retailrocket(files["retailrocket/sample_events.csv"])]
    events = list(timed(once * PASSES, last=start))
    batches = [events[first : first + 500] for first in range(0, len(events), 500)]
    # A sender that never saw an answer sends its batch again.
    for number, batch in enumerate(batches):
        for _ in range(2 if number % 3 == 0 else 1):
            assert api.send(batch).accepted == len(batch)
    repeated = sum(len(batch) for batch in batches[::3])
    until(lambda: are_counted(twin, start, events=len(events), repeated=repeated), seconds=600 * PASSES, every=5)
    totals, duplicates = live_totals(twin, start)
    client.down(lake.root)
    expected = counted(files)
    unpriced = sum(row["event"] == "transaction" for row in rows_of(files["retailrocket/sample_events.csv"])) * PASSES
    yield Replayed(lake, totals, duplicates, expected, expected["purchase"][0] - unpriced)
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
    # A purchase without a price is an event, but no line of an order.
    assert (lines, amount) == (replayed.priced_purchases, replayed.expected["purchase"][1])
    assert (deduplicated, read_rows) == (replayed.repeated, sum(counts.values()) + replayed.repeated)
