"""Reports run on the local engine, and those about quarantine count what a few rows hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from athena_queries.named_queries import FOLDER, report_sql
from contracts import load_all
from contracts.errors import UsageError
from contracts.zones import Zone
from offline.athena import open_lake

REPORTS = sorted(file.stem for file in (FOLDER / "reports").glob("*.sql"))
REFUSED = [
    {"file_kind": "events", "table_name": "events", "source_file": "a.csv", "line_number": 9, "raw_text": "x" * 90}
    | {"rules": ["price_range", "event_time_required"]},
    {"file_kind": "events", "table_name": "events", "source_file": "a.csv", "line_number": 2, "raw_text": "y"}
    | {"rules": ["price_range"]},
    {"file_kind": "orders", "table_name": "orders", "source_file": "b.csv", "line_number": 1, "raw_text": "z"}
    | {"rules": ["malformed_record"]},
]


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_runs_on_an_empty_lake(folders: dict[str, Path], name: str) -> None:
    with open_lake(folders) as lake:
        assert len(lake.query(report_sql(name)).rows) == (1 if name == "uci_figures" else 0)


def test_quarantine_is_counted_by_rule_and_kind_of_file(put: Callable[..., None], folders: dict[str, Path]) -> None:
    put("quarantine", REFUSED)
    put("quarantine", REFUSED[:1], source="other")

    with open_lake(folders) as lake:
        rules = lake.report("quarantine_by_rule", source="tiny", order_by=("broken_rows desc", "rule"))
        kinds = lake.report("quarantine_by_file_kind", source="tiny", order_by=("file_kind",))
        samples = lake.report("quarantine_rows", source="tiny", order_by=("source_file", "line_number"), limit=3)

    def values(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in names) for row in rows]

    assert values(rules, "rule", "broken_rows", "table_names") == [
        ("price_range", 2, "events"),
        ("event_time_required", 1, "events"),
        ("malformed_record", 1, "orders"),
    ]
    assert values(kinds, "file_kind", "quarantined_rows") == [("events", 2), ("orders", 1)]
    # A row that could not be read at all is no sample.
    assert values(samples, "line_number", "text_start", "broken_rules") == [
        (2, "y", "price_range"),
        (9, "x" * 70, "price_range, event_time_required"),
    ]


def test_partitions_with_other_rows_than_recorded_are_listed(put: Callable[..., None], folders: dict[str, Path]) -> None:
    # GIVEN products as the second run counted them, a period that it emptied, and partitions that are gone or not recorded
    run = {"job": "conform", "status": "succeeded", "table_name": "products"}
    put(
        "etl_runs",
        [
            run | {"run_id": "1", "rows_by_partition": {"products/2025-01": 7, "products/2026-02": 1, "orders/2026-01": 4}},
            run | {"run_id": "2", "rows_by_partition": {"products/2025-01": 2, "products/2026-03": 0}},
            run | {"run_id": "3", "job": "marts", "rows_by_partition": {"dim_product/tiny": 9}},
        ],
    )
    put("products", [{"product_id": f"p{number}"} for number in range(2)])
    put("products", [{"product_id": "p9"}], source="other")
    # THEN
    with open_lake(folders) as lake:
        listed = [tuple(row.values()) for row in lake.report("partition_differences")]
    assert sorted(listed) == [
        ("other", "products", "2025-01", 0, 1),
        ("tiny", "orders", "2026-01", 4, 0),
        ("tiny", "products", "2026-02", 1, 0),
    ]


def test_the_report_of_differences_reads_every_processed_table() -> None:
    tables = {*load_all(Zone.PROCESSED)} - {"etl_files", "etl_runs"}
    assert set(re.findall(r"concat\('(\w+)/'", report_sql("partition_differences"))) == tables


def test_an_unknown_report_is_an_error() -> None:
    with pytest.raises(UsageError, match="reconcilation: no such report; did you mean reconciliation"):
        report_sql("reconcilation")
