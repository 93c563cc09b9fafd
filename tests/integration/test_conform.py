"""Conform end to end: files arrive late, twice, broken or after a fixed source, and the zone stays correct."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts import load
from contracts.derive.checks import rules
from contracts.errors import LakeError, SourceError
from glue_jobs.lib.conform import checks, conform_source
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.manifest import JOBS
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

MONDAY = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:01:00", "purchase", "p1")]
NOVEMBER = [REES46_HEADER, event("2019-11-05 09:00:00", "view", "p2", session="s2")]


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    return Shop(spark, lake_root, "conform")


def account(accounts: tuple[TableAccount, ...], table: str) -> TableAccount:
    return next(account for account in accounts if account.table == table)


def test_a_second_run_has_nothing_to_do_and_changes_nothing(shop: Shop) -> None:
    shop.put("rees46", "events", "a.csv", MONDAY)
    first = shop.conform("rees46")
    before = shop.rows("events")
    again = shop.conform("rees46")
    assert account(first.accounts, "events").processed == 2
    assert again.accounts == ()
    assert shop.rows("events") == before
    assert shop.rows("order_items", "order_id", "amount") == [("s1/2019-10-07", "10.0000")]


def test_a_new_file_rewrites_only_the_periods_it_touches(shop: Shop) -> None:
    # GIVEN a lake that holds October
    shop.put("rees46", "events", "a.csv", MONDAY)
    shop.conform("rees46")
    october = shop.folder("processed") / "events" / "source=rees46" / "period=2019-10"
    written = {file.name: file.stat().st_mtime_ns for file in october.glob("*.parquet")}
    # WHEN November arrives
    shop.put("rees46", "events", "b.csv", NOVEMBER, day="2026-01-02")
    outcome = shop.conform("rees46")
    # THEN October's files are the very same, and only the new record was read
    assert {file.name: file.stat().st_mtime_ns for file in october.glob("*.parquet")} == written
    assert account(outcome.accounts, "events").partitions == ["events/2019-11"]
    assert account(outcome.accounts, "raw_events").read == 1
    assert shop.rows("events", "product_id", "period") == [("p1", "2019-10"), ("p1", "2019-10"), ("p2", "2019-11")]


@pytest.mark.full
def test_a_late_event_joins_its_own_period_and_keeps_the_others_rows(shop: Shop) -> None:
    shop.put("rees46", "events", "a.csv", MONDAY)
    shop.put("rees46", "events", "b.csv", NOVEMBER)
    shop.conform("rees46")
    late = [REES46_HEADER, event("2019-10-06 23:59:59", "view", "p9"), NOVEMBER[1]]
    shop.put("rees46", "events", "late.csv", late, day="2026-02-01")
    outcome = shop.conform("rees46")
    assert shop.rows("events", "event_time", "product_id") == [
        ("2019-10-06 23:59:59", "p9"),
        ("2019-10-07 10:00:00", "p1"),
        ("2019-10-07 10:01:00", "p1"),
        ("2019-11-05 09:00:00", "p2"),
    ]
    assert account(outcome.accounts, "events").deduplicated == 1


@pytest.mark.full
def test_the_same_bytes_under_another_name_are_recognized(shop: Shop) -> None:
    shop.put("rees46", "events", "a.csv", MONDAY)
    shop.conform("rees46")
    shop.put("rees46", "events", "copy.csv", MONDAY, day="2026-01-05")
    outcome = shop.conform("rees46")
    assert any("copy.csv" in notice and "same bytes" in notice for notice in outcome.notices)
    assert len(shop.rows("events")) == 2
    assert shop.rows("etl_files", "status") == [("duplicate",), ("loaded",)]


@pytest.mark.full
def test_a_raw_file_that_was_replaced_is_read_again(shop: Shop) -> None:
    shop.put("rees46", "events", "a.csv", MONDAY)
    shop.conform("rees46")
    shop.put("rees46", "events", "a.csv", NOVEMBER)
    shop.conform("rees46")
    assert shop.rows("events", "product_id", "period") == [("p2", "2019-11")]


def test_a_missing_raw_file_is_reported_and_its_rows_stay(shop: Shop) -> None:
    raw = shop.put("rees46", "events", "a.csv", MONDAY)
    shop.conform("rees46")
    raw.unlink()
    outcome = shop.conform("rees46")
    assert "a.csv" in outcome.notices[0]
    assert "no longer exists; restore it" in outcome.notices[0]
    assert len(shop.rows("events")) == 2


def three_months(shop: Shop) -> dict[str, Path]:
    """Files of October and November, and one that has rows in both."""
    both = [REES46_HEADER, event("2019-10-20 10:00:00", "view", "p3"), event("2019-11-20 10:00:00", "view", "p3")]
    return {
        name: shop.put("rees46", "events", f"{name}.csv", lines)
        for name, lines in {"october": MONDAY, "november": NOVEMBER, "both": both}.items()
    }


@pytest.mark.full
def test_a_run_stops_where_rows_of_a_missing_file_would_be_lost(shop: Shop) -> None:
    # GIVEN a loaded file that was deleted
    files = three_months(shop)
    shop.conform("rees46")
    before = shop.rows("events")
    files["both"].unlink()
    # WHEN a new file touches one of its periods
    shop.put("rees46", "events", "late.csv", [REES46_HEADER, event("2019-11-09 09:00:00", "view", "p4")], day="2026-02-01")
    with pytest.raises(
        SourceError, match=r"rees46: s3://\S+/both\.csv no longer exists, .*; restore it, or run with --drop-missing"
    ):
        shop.conform("rees46")
    # THEN nothing changed, until the rows are dropped on request
    assert shop.rows("events") == before
    outcome = shop.conform("rees46", "--drop_missing=true")
    assert shop.rows("events", "product_id", "period") == [
        ("p1", "2019-10"),
        ("p1", "2019-10"),
        ("p2", "2019-11"),
        ("p4", "2019-11"),
    ]
    assert "missing: both.csv: no longer exists in raw; its rows were dropped." in outcome.notices
    assert shop.conform("rees46").notices == ()


@pytest.mark.full
@pytest.mark.parametrize("option", ["--full=true", "--drop_missing=true"])
def test_a_missing_raw_file_is_dropped_on_request(spark: SparkSession, lake_root: Path, option: str) -> None:
    shop = Shop(spark, lake_root, "dropped", only_marts=("fct_sessions",))
    files = three_months(shop)
    shop.conform("rees46")
    shop.build("rees46")
    files["november"].unlink()
    files["both"].unlink()
    shop.conform("rees46", option)
    shop.build("rees46")
    assert shop.rows("events", "product_id", "period") == [("p1", "2019-10"), ("p1", "2019-10")]
    assert shop.rows("etl_files", "source_file", "status")[-1][1] == "loaded"
    assert {row[0] for row in shop.rows("fct_sessions", "period")} == {"2019-10"}
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())


@pytest.mark.full
def test_a_copy_takes_the_place_of_a_dropped_file(shop: Shop) -> None:
    files = three_months(shop)
    shop.put("rees46", "events", "copy.csv", files["november"].read_bytes(), day="2026-01-05")
    shop.conform("rees46")
    before = shop.rows("events")
    files["november"].unlink()
    shop.conform("rees46", "--drop_missing=true")
    assert shop.rows("events") == before


@pytest.mark.full
@pytest.mark.parametrize("table", ["events", "order_items"])
def test_a_deleted_partition_is_rebuilt_by_the_next_run(shop: Shop, table: str) -> None:
    # GIVEN a lake of two months whose October was deleted from one table
    three_months(shop)
    shop.conform("rees46")
    before = {name: shop.rows(name) for name in ("events", "order_items")}
    shutil.rmtree(shop.folder("processed") / table / "source=rees46" / "period=2019-10")
    # WHEN
    outcome = shop.conform("rees46")
    # THEN
    assert {name: shop.rows(name) for name in before} == before
    assert f"rees46: {table}/2019-10 no longer exists in processed; rebuilding it from raw." in outcome.notices
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())


def test_periods_hidden_from_athena_are_reported(shop: Shop) -> None:
    # GIVEN a clock that was never set, beside an event of the lake's years
    shop.put(
        "rees46",
        "events",
        "a.csv",
        [REES46_HEADER, *[event(f"{day} 10:00:00", "view", "p1") for day in ("2008-12-31", "2019-10-07")]],
    )
    # WHEN
    outcome = shop.conform("rees46", "--first_date=2009-01-01", "--last_date=2035-12-31")
    # THEN it is loaded, and the run says where it is not seen
    assert shop.rows("events", "period") == [("2008-12",), ("2019-10",)]
    assert (
        "rees46.events: data of 2008-12 is written, but Athena finds periods from 2009-01-01 to 2035-12-31 only; set "
        "first_date and last_date wide enough and deploy, or fix the times in the source."
    ) in outcome.notices


def test_a_rejected_row_keeps_its_text_its_line_and_every_rule_it_broke(shop: Shop) -> None:
    bad = event("2019-10-07 10:02:00", "teleport", "", price="-1.00")
    cut = "2019-10-07 10:03:00 UTC,view,p1"
    shop.put("rees46", "events", "a.csv", [*MONDAY, bad, "", cut])
    outcome = shop.conform("rees46")
    assert shop.rows("quarantine", "line_number", "raw_text", "rules") == [
        (4, bad, ["event_type_enum", "price_range", "product_known"]),
        (6, cut, ["malformed_record"]),
    ]
    counts = account(outcome.accounts, "events")
    assert (counts.read, counts.processed, counts.quarantined, counts.deduplicated) == (4, 2, 2, 0)
    assert dict(account(outcome.accounts, "raw_events").filtered_by_rule) == {"blank_line": 1}


@pytest.mark.full
def test_rejects_of_files_read_again_for_their_period_are_not_quarantined_twice(shop: Shop) -> None:
    shop.put("rees46", "events", "a.csv", [*MONDAY, event("2019-10-07 11:00:00", "teleport", "p1")])
    shop.conform("rees46")
    shop.put("rees46", "events", "b.csv", [REES46_HEADER, event("2019-10-08 10:00:00", "fly", "p1")], day="2026-01-02")
    outcome = shop.conform("rees46")
    counts = account(outcome.accounts, "events")
    assert [row[0] for row in shop.rows("quarantine", "line_number")] == [2, 4]
    assert counts.read == counts.processed + counts.quarantined + counts.deduplicated


def test_columns_may_move_and_a_bom_may_lead(shop: Shop) -> None:
    moved = "\ufeffprice,brand,category_code,category_id,product_id,event_type,event_time,user_session,user_id"
    shop.put("rees46", "events", "a.csv", [moved, "7.50,acme,tools,c1,p5,view,2019-10-07 10:00:00 UTC,s1,u1"])
    shop.conform("rees46")
    assert shop.rows("events", "product_id", "price", "session_id") == [("p5", "7.5000", "s1")]


def test_a_file_that_cannot_be_read_is_refused_and_the_rest_is_loaded(shop: Shop) -> None:
    shop.put("rees46", "events", "renamed.csv", ["time,event_type", "x,y"])
    shop.put("rees46", "events", "junk.csv", b"\x00\x01\x02binary")
    shop.put("rees46", "events", "good.csv", MONDAY)
    outcome = shop.conform("rees46")
    assert len(shop.rows("events")) == 2
    assert sorted(shop.rows("etl_files", "status")) == [("loaded",), ("refused",), ("refused",)]
    assert any("renamed.csv: the header lacks event_time" in notice for notice in outcome.notices)
    assert any("junk.csv: contains zero bytes" in notice for notice in outcome.notices)


SOURCE = """\
title: A kiosk
timezone: Europe/Berlin
derive: [orders]
files:
  sales:
    glob: ["*.txt"]
    delimiter: ";"
    records: order_items
    columns:
      nr: {}
      when: {type: timestamp, formats: ["dd.MM.yyyy HH:mm"]}
      what: {}
      pieces: {type: int}
      each: {type: "decimal(18,4)"}
    leave_out:
      - {rule: training, where: "nr like 'T%'", why: the till's training mode}
"""
SALES = """\
-- Purpose: till lines. Grain: one row per line. Reads: raw_sales
select _record, nr as order_item_id, nr as order_id, 'sale' as line_type, 'product' as item_kind,
    what as product_id, what as product_name, pieces as quantity, each as unit_price,
    cast(pieces * each as decimal(18,4)) as amount, 'EUR' as currency, cast(null as string) as customer_id,
    'DE' as country, cast(null as string) as session_id, `when` as ordered_at, cast(when_local as date) as order_date
from raw_sales
"""


@pytest.fixture
def kiosk(spark: SparkSession, lake_root: Path, tmp_path: Path) -> Shop:
    folder = tmp_path / "sources" / "kiosk"
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text(SOURCE)
    (folder / "order_items.sql").write_text(SALES)
    return Shop(spark, lake_root, "kiosk", sources=tmp_path / "sources")


@pytest.mark.full
def test_a_shop_is_added_by_a_folder_without_any_python(kiosk: Shop) -> None:
    lines = [
        "nr;when;what;pieces;each",
        "1;01.07.2025 00:30;tea;2;3.50",
        "T1;01.07.2025 08:00;test;1;1",
        "2;02.07.2025 08:00;tea;x;3",
    ]
    kiosk.put("kiosk", "sales", "july.txt", lines)
    outcome = kiosk.conform("kiosk")
    kiosk.build("kiosk")
    # Half past midnight in Berlin is still June in UTC, and July the 1st for the shop.
    assert kiosk.rows("order_items", "ordered_at", "order_date", "amount", "period") == [
        ("2025-06-30 22:30:00", "2025-07-01", "7.0000", "2025-06")
    ]
    assert kiosk.rows("sales_daily", "date", "gross_amount", "orders") == [("2025-07-01", "7.0000", 1)]
    counts = account(outcome.accounts, "raw_sales")
    assert (counts.read, counts.processed, dict(counts.filtered_by_rule)) == (3, 2, {"training": 1})
    assert kiosk.rows("quarantine", "rules", "raw_text") == [(["pieces_not_int"], lines[3])]


@pytest.mark.full
def test_fixing_a_source_loads_rows_it_had_rejected(kiosk: Shop) -> None:
    assert kiosk.sources is not None
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;2025-07-01 08:00;tea;2;3.50"])
    run = kiosk.conform("kiosk").run_id
    assert kiosk.rows("quarantine", "rules") == [(["when_not_timestamp"],)]
    yaml = kiosk.sources / "kiosk" / "source.yaml"
    yaml.write_text(yaml.read_text().replace('["dd.MM.yyyy HH:mm"]', '["dd.MM.yyyy HH:mm", "yyyy-MM-dd HH:mm"]'))
    kiosk.conform("kiosk", "--replay", run)
    assert kiosk.rows("quarantine") == []
    assert kiosk.rows("order_items", "ordered_at") == [("2025-07-01 06:00:00",)]


@pytest.mark.parametrize(
    "where", [pytest.param("pieces > 1", marks=pytest.mark.full), pytest.param("false", id="known to be empty")]
)
def test_a_select_that_drops_records_fails_the_run_and_shows_nothing(kiosk: Shop, where: str) -> None:
    assert kiosk.sources is not None
    (kiosk.sources / "kiosk" / "order_items.sql").write_text(f"{SALES.rstrip()}\nwhere {where}\n")
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;01.07.2025 08:00;tea;1;3.50"])
    with pytest.raises(LakeError, match=r"kiosk.raw_sales: 1 rows were read but 0 are accounted for"):
        kiosk.conform("kiosk")
    assert kiosk.rows("order_items") == []
    # THEN the ledger tells of the failure alone, and nobody takes it for something to build on
    ((job, table, status, reason),) = kiosk.rows("etl_runs", "job", "table_name", "status", "reason")
    assert (job, table, status) == ("conform", "(run)", "failed")
    assert reason.startswith("kiosk.raw_sales: 1 rows were read but 0 are accounted for")
    assert kiosk.build("kiosk").accounts == ()
    # AND once fixed, the same file is loaded
    (kiosk.sources / "kiosk" / "order_items.sql").write_text(SALES)
    kiosk.conform("kiosk")
    assert kiosk.rows("order_items", "order_id") == [("1",)]
    assert min(kiosk.rows("etl_runs", "status", "table_name")) == ("failed", "(run)")


def test_an_unexpected_error_is_recorded_by_its_class_alone(kiosk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a text that may quote a customer")

    monkeypatch.setattr(conform_source, "publish", broken)
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;01.07.2025 08:00;tea;1;3.50"])
    with pytest.raises(RuntimeError, match="may quote"):
        kiosk.conform("kiosk")
    assert kiosk.rows("etl_runs", "status", "reason") == [("failed", "RuntimeError")]


def test_a_failure_that_cannot_be_recorded_is_still_raised(kiosk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Committer, "commit", full)
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;01.07.2025 08:00;tea;1;3.50"])
    with pytest.raises(OSError, match="no space left") as failure:
        kiosk.conform("kiosk")
    assert failure.value.__notes__ == ["The failure could not be recorded in etl_runs: OSError."]


@pytest.mark.full
def test_the_books_keep_their_own_contracts(kiosk: Shop) -> None:
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;01.07.2025 08:00;tea;2;3.50", "2;never;tea;2;3.50"])
    kiosk.conform("kiosk")
    assert kiosk.sources is not None
    (kiosk.sources / "kiosk" / "order_items.sql").write_text(SALES.rstrip() + "\nwhere pieces > 2\n")
    with pytest.raises(LakeError):
        kiosk.conform("kiosk")
    for book in ("etl_runs", "etl_files", "quarantine"):
        rows = kiosk.spark.read.parquet(f"s3://shoplake-processed/{kiosk.name}/{book}")
        counts = rows.agg(*checks.counts(load(book))).collect()[0].asDict()
        assert {name for name, count in counts.items() if count} == {checks.ROWS}
    jobs = next(rule for rule in rules(load("etl_runs")) if rule.name == "job_enum")
    assert set(re.findall(r"'(\w+)'", jobs.expression)) == {job.name for job in JOBS}


@pytest.mark.full
def test_only_the_newest_snapshot_counts(kiosk: Shop) -> None:
    assert kiosk.sources is not None
    yaml = kiosk.sources / "kiosk" / "source.yaml"
    yaml.write_text(yaml.read_text().replace("    records:", "    load: snapshot\n    records:"))
    head = "nr;when;what;pieces;each"
    first = [head, "1;01.07.2025 08:00;tea;1;3.00", "2;01.06.2025 08:00;tea;1;3.00"]
    kiosk.put("kiosk", "sales", "all.txt", first, day="2026-01-01")
    kiosk.conform("kiosk")
    kiosk.put("kiosk", "sales", "all.txt", [head, "1;01.07.2025 08:00;tea;5;3.00"], day="2026-01-02")
    kiosk.conform("kiosk")
    assert kiosk.rows("order_items", "order_id", "quantity") == [("1", 5)]
    kiosk.put("kiosk", "sales", "all.txt", first, day="2026-01-03")
    kiosk.conform("kiosk")
    assert kiosk.rows("order_items", "order_id", "quantity") == [("1", 1), ("2", 1)]
