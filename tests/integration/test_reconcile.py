"""The job reconcile: live counts of DynamoDB, in moto, against the rows that a batch loaded."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from glue_jobs import reconcile
from glue_jobs.lib.curated.analysis import AnalysisInput
from glue_jobs.lib.lake.context import Lake, parse, parser
from tests.support.frames import rows, table
from tests.support.live import create_table, dynamodb_in_moto, invocation, line, live, record
from tests.support.tables import write_rows

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]
DAY = "2026-11-26"
HOUR = 3600
LOADED = """
    event_id | event_time          | event_date | event_type | price | quantity
    e1       | 2026-11-26 10:00:01 | 2026-11-26 | view       | 9     |
    e2       | 2026-11-26 10:00:02 | 2026-11-26 | view       |       |
    e3/1     | 2026-11-26 10:00:03 | 2026-11-26 | order      | 5.50  | 2
    e3/2     | 2026-11-26 10:00:03 | 2026-11-26 | order      | 1     |
    e4       | 2026-11-25 10:00:00 | 2026-11-25 | view       |       |
"""


@pytest.fixture
def live_table(monkeypatch):
    with dynamodb_in_moto(monkeypatch) as client:
        created = create_table(client)
        monkeypatch.setattr(reconcile, "Table", lambda _: created)
        yield created


def compute(spark, lake_root, *, today="2026-11-27", source="stream", live_table="t"):
    arguments = [f"--{zone}=s3://shoplake-{zone}/reconcile" for zone in ("raw", "processed", "curated")]
    lake = Lake.open(parse(parser(""), arguments))
    events = table(spark, "events", LOADED)
    data = AnalysisInput(lake, source, {"events": events}, Namespace(live_table=live_table, today=today))
    return data, reconcile.compute(data)


def test_live_counts_are_compared_by_day_and_type_and_late_events_where_they_arrived(spark, lake_root, live_table):
    # GIVEN live: two views, one sent again an hour later, which is beyond the window; an order of two products; a view of the
    # day before, received late; and an older run's row of a day that the live table no longer has
    items = [{"product_id": "a", "price": "5.50", "quantity": 2}, {"product_id": "b", "price": "1"}]
    sent = [line(1, at=1), line(2, at=2), line(3, "order", at=3, order_id="o", items=items), line(4, at=-24 * HOUR, received=4)]
    function = live(live_table)
    function.handle(invocation(record(1, *sent)))
    function.handle(invocation(record(2, line(1, at=HOUR, received=HOUR), arrival=HOUR)))
    folders = {"curated": lake_root / "s3/shoplake-curated/reconcile"}
    kept = {"event_date": date(2026, 11, 1), "event_type": "view", "live_events": 7, "late_events": 0, "ahead_events": 0}
    kept |= {"batch_events": 7, "live_value": Decimal(0), "batch_value": Decimal(0), "difference": 0}
    write_rows(folders, "live_reconciliation", [kept], source="stream")
    # WHEN
    data, results = compute(spark, lake_root)
    # THEN
    columns = ("event_date", "event_type", "live_events", "late_events", "batch_events", "difference")
    assert sorted(rows(results["live_reconciliation"], *columns)) == [
        ("2026-11-01", "view", 7, 0, 7, 0),
        ("2026-11-25", "view", 0, 0, 1, -1),
        (DAY, "order", 1, 0, 1, 0),
        (DAY, "view", 3, 1, 2, 2),
    ]
    values = {row[0]: row[1:] for row in rows(results["live_reconciliation"], "event_type", "live_value", "batch_value")}
    assert values["order"] == ("12.00", "12.00")
    assert data.notices == ["2 live counts of the last 6 days differ from the batch; see live_versus_batch."]
    assert rows(results["ingestion_warnings"], "warning_date", "code", "warnings") == [(DAY, "late", 1)]


def test_the_day_of_the_run_is_not_compared_yet(spark, lake_root, live_table):
    live(live_table).handle(invocation(record(1, line(1, at=1))))

    _, results = compute(spark, lake_root, today=datetime(2026, 11, 26, tzinfo=UTC).date().isoformat())

    assert DAY not in {row[0] for row in rows(results["live_reconciliation"], "event_date")}


def test_other_shops_have_no_live_figures(spark, lake_root):
    assert compute(spark, lake_root, source="rees46")[1] == {}
