"""Reports run on the local engine, and those about quarantine count what a few rows hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from athena_queries.named_queries import FOLDER, report_parameters, report_sql
from athena_queries.parameters import fill_texts
from athena_queries.references import table_names
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
    sql = report_sql(name)
    with open_lake(folders) as lake:
        result = lake.query(fill_texts(sql, list(report_parameters(sql).values())))
    assert len(result.rows) == (1 if name == "uci_figures" else 0)
    assert not any(column.startswith("_col") for column, _ in result.columns)


@pytest.mark.parametrize("name", REPORTS)
def test_the_header_names_what_the_report_reads_and_its_parameters(name: str) -> None:
    sql = report_sql(name)
    header = dict(re.findall(r"^-- (Purpose|Grain|Reads|Parameters): +(.+)$", sql, flags=re.MULTILINE))

    assert header["Purpose"].endswith(".")
    assert header["Grain"]
    assert set(header["Reads"].split(", ")) == {table for _, table in table_names(sql, where=name)}
    assert sql.count("?") - header["Purpose"].count("?") == len(report_parameters(sql))


def test_reports_answer_what_a_shop_asks(put: Callable[..., None], folders: dict[str, Path]) -> None:
    # GIVEN two days of sales, a product that nobody buys any more, and one that comes back often
    put(
        "sales_daily",
        [
            {"date": "2026-01-01", "orders": 2, "paid_orders": 2, "units": 3, "gross_amount": "30.00", "net_amount": "27.00"}
            | {"returned_amount": "3.00", "discount_amount": "0.00"},
            {"date": "2026-01-31", "orders": 1, "paid_orders": 1, "units": 1, "gross_amount": "8.00", "net_amount": "8.00"}
            | {"returned_amount": "0.00", "discount_amount": "0.00"},
            {"date": "2026-02-10", "orders": 9, "paid_orders": 9, "units": 9, "gross_amount": "90.00", "net_amount": "90.00"}
            | {"returned_amount": "0.00", "discount_amount": "0.00"},
        ],
    )
    line = {"line_type": "sale", "item_kind": "product", "customer_id": "c", "quantity": 1, "gross_amount": "9.00"}
    days = {"o1": "2026-01-01", "o2": "2026-01-31", "o3": "2026-02-10"}
    put("fct_order_items", [line | {"order_item_id": o, "order_id": o, "order_date": day} for o, day in days.items()])
    put(
        "product_performance",
        [
            {
                "product_id": "mug",
                "units_prior_28_days": 40,
                "units_last_7_days": 4,
                "units": 50,
                "returned_units": 10,
                "views": 500,
            }
            | {"revenue_rank": 1, "orders": 30, "net_amount": "99.00"},
            {
                "product_id": "pen",
                "units_prior_28_days": 40,
                "units_last_7_days": 5,
                "units": 10,
                "returned_units": 9,
                "views": 300,
            }
            | {"revenue_rank": 2, "orders": 0, "net_amount": "0.00"},
        ],
    )
    # WHEN
    with open_lake(folders) as lake:

        def answer(name: str, *parameters: str) -> list[tuple[Any, ...]]:
            return lake.query(fill_texts(report_sql(name), parameters)).rows

        between = answer("sales_between", *["date '2026-01-01'", "date '2026-01-31'"] * 2)
        against = answer("sales_against_the_days_before")
        best = answer("best_days")
        losing = answer("products_losing_sales")
        returned = answer("most_returned_products", "20")
        unsold = answer("viewed_but_not_bought", "100")
    # THEN
    assert [tuple(map(str, row)) for row in between] == [("tiny", "2", "4", "38.0000", "3.0000", "0.0000", "35.0000", "17.5000")]
    assert [tuple(map(str, row)) for row in against] == [("tiny", "10", "3", "98.0000", "27.0000")]
    assert [(row[1], str(row[2])) for row in best] == [(1, "2026-02-10"), (2, "2026-01-01"), (3, "2026-01-31")]
    assert [row[1] for row in losing] == ["mug"]
    assert [(row[1], row[5]) for row in returned] == [("mug", 0.2)]
    assert [row[1] for row in unsold] == ["pen"]


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
