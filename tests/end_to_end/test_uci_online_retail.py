"""Every table of the UCI Online Retail set against plain SQL on its file, and the numbers that are known of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.lake import CURATED, PROCESSED, Checked, build

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LINES, DUPLICATES = 541_909, 5_268


@pytest.fixture(scope="module")
def uci(spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    kinds = {"invoices": lambda file: file.name.endswith(".csv.gz")}
    return build(lake_root, "uci_online_retail", shared_data("uci_online_retail"), kinds=kinds, made_ids=["order_item_id"])


@pytest.mark.parametrize("table", [*PROCESSED, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_file(uci: Checked, table: str):
    assert uci.differences(table) == ""


def test_every_line_is_accounted_for(uci: Checked):
    account = uci.account("order_items")
    assert uci.account("raw_invoices")["rows_read"] == account["rows_read"] == LINES
    assert (account["rows_processed"], account["rows_quarantined"]) == (LINES - DUPLICATES, 0)
    assert account["rows_duplicate"] == DUPLICATES
    assert uci.row("select count(*) from found.order_items") == (LINES - DUPLICATES,)
    assert uci.row("select count(*) from found.quarantine") == (0,)


def test_known_numbers_of_the_set(uci: Checked):
    numbers = uci.row(
        "select count(distinct order_id), count(distinct customer_id), count(distinct country) from found.fct_order_items"
    )
    assert numbers == (25_900, 4_372, 38)
    assert uci.row("select count(*) from found.dim_customer") == (4_372,)
    assert uci.row("select count(distinct order_id) from found.orders") == (25_900,)


def test_control_totals_are_those_of_the_raw_file(uci: Checked):
    totals = uci.account("raw_invoices")["control_totals"]
    raw = uci.row(
        "select count(*) filter (InvoiceNo like 'C%'), count(*) filter (InvoiceNo like 'A%'), "
        "count(*) filter (CustomerID is null), sum(cast(Quantity as int) * cast(UnitPrice as decimal(18, 4))) "
        f"from read_csv('{uci.raw}/*.csv.gz', all_varchar = true, nullstr = '')"
    )
    assert raw[:3] == (9_288, 3, 135_080)
    names = ("cancellation_lines", "adjustment_lines", "lines_without_customer", "amount")
    assert tuple(totals[name] for name in names) == raw


def test_money_is_reconciled_from_the_raw_file_to_the_day(uci: Checked):
    """Raw = duplicates + processed; processed = product net + other + bookkeeping + stock written off."""
    (repeated,) = uci.row(
        "select sum((n - 1) * cast(Quantity as int) * cast(UnitPrice as decimal(18, 4))) from (select *, count(*) as n "
        f"from read_csv('{uci.raw}/*.csv.gz', all_varchar = true, nullstr = '') group by all)"
    )
    (processed,) = uci.row("select sum(amount) from found.order_items")
    assert uci.account("raw_invoices")["control_totals"]["amount"] == processed + repeated
    (by_day,) = uci.row("select sum(net_amount) + sum(other_amount) from found.sales_daily")
    (left_out,) = uci.row("select sum(amount) from found.order_items where line_type in ('adjustment', 'write_off')")
    assert by_day + left_out == processed
    for mart in ("product_performance", "category_performance"):
        assert uci.row(f"select sum(net_amount) from found.{mart}") == uci.row("select sum(net_amount) from found.sales_daily")
    assert processed != Decimal(0)
