"""Conform of a source that is a folder of the shop's own: what it declares, rejects and leaves out, and how its runs fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts import load
from contracts.derive.checks import rules
from contracts.errors import LakeError
from glue_jobs.lib.conform import checks, conform_source
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.manifest import JOBS
from tests.support.shops import Shop, account

pytestmark = pytest.mark.usefixtures("interpreted")

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
    # THEN the ledger records the failure alone, and no later run builds on it
    ((job, table, status, reason),) = kiosk.rows("etl_runs", "job", "table_name", "status", "reason")
    assert (job, table, status) == ("conform", "(run)", "failed")
    assert reason.startswith("kiosk.raw_sales: 1 rows were read but 0 are accounted for")
    assert kiosk.build("kiosk").accounts == ()
    # AND once fixed, the same file is loaded
    (kiosk.sources / "kiosk" / "order_items.sql").write_text(SALES)
    kiosk.conform("kiosk")
    assert kiosk.rows("order_items", "order_id") == [("1",)]
    assert min(kiosk.rows("etl_runs", "status", "table_name")) == ("failed", "(run)")


@pytest.mark.full
def test_an_unexpected_error_is_recorded_by_its_class_alone(kiosk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a text that may quote a customer")

    monkeypatch.setattr(conform_source, "publish", broken)
    kiosk.put("kiosk", "sales", "july.txt", ["nr;when;what;pieces;each", "1;01.07.2025 08:00;tea;1;3.50"])
    with pytest.raises(RuntimeError, match="may quote"):
        kiosk.conform("kiosk")
    assert kiosk.rows("etl_runs", "status", "reason") == [("failed", "RuntimeError")]


@pytest.mark.full
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
