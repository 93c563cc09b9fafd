"""Every table of the UCI Online Retail set against plain SQL on its file, and its published numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.headline_checks import HeadlineChecks
from tests.end_to_end.lake import CURATED, PROCESSED, TRUTH, CheckedSource, check_source
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.scan_checks import ScanChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder

pytestmark = [pytest.mark.real_data, pytest.mark.full]

# So many lines equal an earlier one of the file. They are lines of their own.
LINES, EQUAL = 541_909, 5_268


@pytest.fixture(scope="module")
def uci(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    kinds = {"invoices": lambda file: file.name.endswith(".csv.gz")}
    raw = shared_data("uci_online_retail")
    lake = builder.build("uci_online_retail", "uci_online_retail", [Delivery(raw, kinds)])
    return check_source(lake, raw, generated_ids=["order_item_id"])


@pytest.mark.parametrize("table", [*PROCESSED, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_file(uci: CheckedSource, table: str):
    assert uci.differences(table) == ""


@pytest.fixture(scope="module")
def source(uci: CheckedSource) -> CheckedSource:
    return uci


class TestHeadlines(HeadlineChecks, ScanChecks):
    """The figures that people quote, as the dashboard and Power BI have them."""


class TestAnalyses(SegmentChecks, RecommendationChecks, ValueChecks, ProfileChecks):
    """The checks of the analyses that every source must pass."""


def test_every_line_is_accounted_for(uci: CheckedSource):
    account = uci.account("order_items")
    assert uci.account("raw_invoices")["rows_read"] == account["rows_read"] == LINES
    assert (account["rows_processed"], account["rows_quarantined"], account["rows_deduplicated"]) == (LINES, 0, 0)
    assert uci.row("select count(*), count(distinct order_item_id) from lake.order_items") == (LINES, LINES)
    assert uci.row("select count(*) from lake.order_items where length(order_item_id) - length(order_id) > 17") == (EQUAL,)
    assert uci.row("select count(*) from lake.quarantine") == (0,)


def test_published_numbers_of_the_set(uci: CheckedSource):
    numbers = uci.row(
        "select count(distinct order_id), count(distinct customer_id), count(distinct country) from lake.fct_order_items"
    )
    assert numbers == (25_900, 4_372, 38)
    assert uci.row("select count(*) from lake.dim_customer") == (4_372,)
    assert uci.row("select count(distinct order_id) from lake.orders") == (25_900,)


def test_control_totals_equal_the_raw_file(uci: CheckedSource):
    totals = uci.account("raw_invoices")["control_totals"]
    raw = uci.row(
        "select count(*) filter (InvoiceNo like 'C%'), count(*) filter (InvoiceNo like 'A%'), "
        "count(*) filter (CustomerID is null), sum(cast(Quantity as int) * cast(UnitPrice as decimal(18, 4))) "
        f"from read_csv('{uci.raw}/*.csv.gz', all_varchar = true, nullstr = '')"
    )
    assert raw[:3] == (9_288, 3, 135_080)
    names = ("cancellation_lines", "adjustment_lines", "lines_without_customer", "amount")
    assert tuple(totals[name] for name in names) == raw


def test_money_reconciles_from_the_raw_file_to_daily_sales(uci: CheckedSource):
    """Raw = processed; processed = product net + other + bookkeeping + stock written off."""
    (processed,) = uci.row("select sum(amount) from lake.order_items")
    assert uci.account("raw_invoices")["control_totals"]["amount"] == processed
    (by_day,) = uci.row("select sum(net_amount) + sum(other_amount) from lake.sales_daily")
    (excluded,) = uci.row("select sum(amount) from lake.order_items where line_type in ('adjustment', 'write_off')")
    assert by_day + excluded == processed
    # All 77 discounts are credit notes without a product, so no product can take them.
    (discounts, lines) = uci.row("select -sum(amount), count(*) from lake.order_items where item_kind = 'discount'")
    assert (discounts, lines) == (Decimal("5696.22"), 77)
    (net,) = uci.row("select sum(net_amount) from lake.sales_daily")
    for mart in ("product_performance", "category_performance"):
        level = " where level = 'top_category'" if mart == "category_performance" else ""
        assert uci.row(f"select sum(net_amount) from lake.{mart}{level}") == (net + discounts,)
    assert processed != Decimal(0)


def test_purchase_history_equals_an_independent_computation_on_the_raw_file(valued: CheckedSource):
    histories = (TRUTH / "analyses" / "histories.sql").read_text(encoding="utf-8")
    valued.connection.execute(f"create view truth.histories as {histories}")
    names = ", ".join(name for name, *_ in valued.connection.execute("describe truth.histories").fetchall())
    valued.connection.execute(f"create view lake.histories as select {names} from lake.customer_value")
    assert differences(valued.connection, actual="lake.histories", expected="truth.histories", key=("customer_id",)) == ""


def test_model_parameters_equal_another_library(valued: CheckedSource):
    # GIVEN lifetimes 0.11.3 on the histories of customers with purchases, in days: BetaGeoFitter().fit(x, t_x, age).params_ of
    # the 880 first seen in the first 31 days of the set, and of the 3,443 others; GammaGammaFitter().fit(x, mean).params_ of
    # all who came back, and the sum of its conditional_expected_average_profit over all
    (parameters,) = valued.row("select distinct parameters from lake.model_metrics where model = 'bg_nbd_gamma_gamma'")
    published = json.loads(parameters)["published"]
    older = published["there_when_data_began"]
    assert older["from_age_days"] == 373 - 30
    assert [older[name] for name in "r alpha a b".split()] == pytest.approx([0.815721, 41.904417, 0.012459, 3.527134], rel=1e-4)
    # None of the others leaves for good, so b does not matter.
    assert (published["r"], published["alpha"]) == pytest.approx((1.033341, 111.212112), rel=1e-4)
    assert published["a"] < 1e-4
    assert (published["p"], published["q"], published["v"]) == pytest.approx((2.274595, 3.514653, 448.664628), rel=1e-4)
    (values,) = valued.row("select sum(expected_purchase_value) from lake.customer_value where purchases > 0")
    assert float(values) == pytest.approx(1_779_961.57, rel=1e-4)


def test_each_customers_own_rate_forecasts_as_well_as_the_models(valued: CheckedSource):
    scores = {(row["model"], row["metric"]): row for row in valued.rows("from lake.model_metrics")}
    # 2,802 customers are known half a year before the end, 3,354 a quarter before it.
    sizes = {metric: row["sample_size"] for (_, metric), row in scores.items() if metric.startswith("rmse")}
    targets = ("purchases", "value")
    assert sizes == {f"rmse_{target}_{days}": size for days, size in ((90, 2802 + 3354), (180, 2802)) for target in targets}
    for target in targets:
        for days in (90, 180):
            gain = scores["bg_nbd_gamma_gamma", f"improvement_{target}_{days}"]
            assert (gain["baseline"], gain["ci_low"] <= 0) == ("own_rate", True)
    # Rates of the whole history are those of a year that ends before Christmas, so the models forecast too little.
    assert all(scores["bg_nbd_gamma_gamma", f"bias_value_{days}"]["ci_high"] < 0 for days in (90, 180))
    methods = valued.row("select distinct purchases_method, value_method from lake.customer_value where tenure_days is not null")
    assert methods == ("own_rate", "own_rate")


def test_the_docs_state_these_figures(valued: CheckedSource):
    docs = " ".join((Path(__file__).parents[2] / "docs" / "analyses.md").read_text(encoding="utf-8").split())
    champions, customers, spent, of_all, lost, silent = valued.row(
        "select count(*) filter (segment = 'Champions'), count(*), sum(monetary_amount) filter (segment = 'Champions') / 1e6, "
        "sum(monetary_amount) / 1e6, count(*) filter (segment = 'Can''t Lose'), "
        "avg(recency_days) filter (segment = 'Can''t Lose') from lake.rfm"
    )
    assert f"{champions} of {customers:,} customers are Champions and brought {spent:.1f} of {of_all:.1f} million" in docs
    assert f"{lost} once spent as much and have not been seen for {silent:.0f} days" in docs
    size, january, june = valued.row(
        "select any_value(cohort_customers), 100 * max(retention_rate) filter (months_since = 1), "
        "100 * max(retention_rate) filter (months_since = 6) from lake.cohorts where cohort_month = date '2010-12-01'"
    )
    assert (
        f"Of the {size} customers first seen in December 2010, {january:.0f} % bought in January and {june:.0f} % in June" in docs
    )
    low, high = valued.row(
        "select 100 * min(retention_rate), 100 * max(retention_rate) from lake.cohorts "
        "where cohort_month > date '2010-12-01' and months_since = 1 and is_complete_month"
    )
    assert f"In later cohorts, {low:.0f} to {high:.0f} % bought in the following month" in docs
    (window,) = valued.row("select distinct window_days from lake.customer_lifecycle")
    assert f"four out of five order again within {window} days" in docs
    (share,) = valued.row(
        "select 100 * sum(monetary_amount) filter (segment = 'Champions') / "
        "(select sum(net_amount) from lake.sales_daily) from lake.rfm"
    )
    assert f"and {share:.0f} % of the shop's net revenue" in docs
    orders, free, value = valued.row(
        "select count(distinct order_id), count(distinct order_id) - count(distinct order_id) filter (gross_amount > 0), "
        "sum(gross_amount) / count(distinct order_id) filter (gross_amount > 0) from lake.fct_order_items "
        "where item_kind = 'product' and line_type = 'sale'"
    )
    assert f"At UCI {free} of {orders:,} orders do; the others are worth {value:.2f} pounds" in docs
    forms = {"rmse_purchases": ".3f", "rmse_value": ",.0f", "gini_value": ".2f", "mae_purchases": ".3f", "mae_value": ".0f"}
    figures = set(docs.replace("*", "").split())
    for row in valued.rows("from lake.model_metrics where metric not like '%tenth%'"):
        measure, _, days = row["metric"].rpartition("_")
        if measure in forms:
            assert f"{row['score']:{forms[measure]}}" in figures, (row["model"], row["metric"], row["score"], days)
