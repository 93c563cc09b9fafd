"""Conform end to end: files arrive late, twice or broken, and the zone stays correct."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.lake.context import SESSION
from tests.support.shops import MONDAY, NOVEMBER, REES46_HEADER, Shop, account, event

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    return Shop(spark, lake_root, "conform")


@pytest.mark.full
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


@pytest.mark.full
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


@pytest.mark.full
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


@pytest.mark.full
def test_a_line_longer_than_a_split_is_one_record(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a line of more bytes than Spark reads in one task, and a good one behind it
    monkeypatch.setitem(SESSION, "spark.sql.files.maxPartitionBytes", "100000")
    shop.put("rees46", "events", "a.csv", [REES46_HEADER, "x" * 350_000, MONDAY[1]])
    # WHEN
    outcome = shop.conform("rees46")
    # THEN
    assert account(outcome.accounts, "raw_events").read == 2
    assert shop.rows("events", "product_id") == [("p1",)]
    ((number, rules, text),) = shop.rows("quarantine", "line_number", "rules", "raw_text")
    assert (number, rules, len(text)) == (2, ["malformed_record"], 350_000)
