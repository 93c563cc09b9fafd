"""Every table of a generated shop against plain SQL on its files and against the generator's ground truth.

One more file has events without a session, so sessions have to be derived from pauses. The ids of its events do not start with
e, as the generator's do.
"""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from offline.generator import Truth, generate
from tests.end_to_end.corrupted_rows import BLANK, broken_rule, corrupted_rows
from tests.end_to_end.lake import CURATED, PROCESSED, CheckedSource, check_source
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder

pytestmark = [pytest.mark.generated_data, pytest.mark.analysis]

TABLES = {"events": "events", "order_lines": "order_items", "products": "products", "customers": "customers"}
SESSIONLESS = "events-2025-01-20-sessionless.csv"
ORIGINAL = "event_id like 'e%'"
EDGES = [
    # A pause of exactly half an hour continues the session, a second more starts a new one, and midnight does not.
    ("x1", "2025-01-10T10:00:00Z", "view"),
    ("x2", "2025-01-10T10:30:00Z", "cart"),
    ("x3", "2025-01-10T11:00:01Z", "purchase"),
    ("x4", "2025-01-10T23:50:00Z", "view"),
    ("x5", "2025-01-10T23:50:00Z", "cart"),
    ("x6", "2025-01-11T00:10:00Z", "purchase"),
]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("shop")
    truth = generate(folder, days=20, users=300, events_per_day=400)
    _add_events_without_sessions(folder)
    return folder, truth


@pytest.fixture(scope="module")
def truth(generated: tuple[Path, Truth]) -> Truth:
    return generated[1]


@pytest.fixture(scope="module")
def shop(builder: LakeBuilder, generated: tuple[Path, Truth]) -> CheckedSource:
    kinds = {kind: lambda file, start=f"{kind}-": file.name.startswith(start) for kind in TABLES}
    raw, _ = generated
    return check_source(builder.build("shop", "shop", [Delivery(raw, kinds)]), raw)


def _add_events_without_sessions(folder: Path) -> None:
    """Add a copy of a day's events with new ids and no session, some without a user, and EDGES of one user."""
    with (folder / "events-2025-01-06.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        header, *rows = csv.reader(file)
    copies = [["x-" + row[0], *row[1:7], ""] for row in rows if row and row[0].startswith("e")]
    edges = [[name, time, what, "p00001", "1", "9.99", "walker", ""] for name, time, what in EDGES]
    with (folder / SESSIONLESS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *copies, *edges])


@pytest.mark.parametrize("table", [*PROCESSED, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(shop: CheckedSource, table: str):
    assert shop.differences(table) == ""


@pytest.fixture(scope="module")
def source(shop: CheckedSource) -> CheckedSource:
    return shop


class TestAnalyses(SegmentChecks, RecommendationChecks, ValueChecks, ProfileChecks):
    """The checks of the analyses that every source must pass."""


def test_sessions_are_derived_from_pauses(shop: CheckedSource):
    visits = shop.rows(
        "select cast(started_at::timestamp as varchar) as began, events, reached_purchase "
        "from lake.fct_sessions where user_id = 'walker' "
        "order by 1"
    )
    assert [tuple(visit.values()) for visit in visits] == [
        ("2025-01-10 10:00:00", 2, False),
        ("2025-01-10 11:00:01", 1, False),
        ("2025-01-10 23:50:00", 3, True),
    ]
    kinds = shop.row(
        "select count_if(session_id like '%@%'), count_if(session_id like 'x-e%'), count_if(session_id like 's%') "
        "from lake.fct_sessions"
    )
    assert min(kinds) > 0


@pytest.mark.parametrize("kind", TABLES)
def test_every_corrupted_row_is_in_quarantine_under_its_rule(shop: CheckedSource, truth: Truth, kind: str):
    bad = corrupted_rows(shop.raw, kind)
    assert Counter(row.fault for row in bad) == Counter(truth.files[kind].bad_rows)
    rows = shop.rows(
        "select split_part(source_file, '/', -1) as file, line_number, raw_text, rules, table_name from lake.quarantine "
        f"where file_kind = '{kind}' order by all"
    )
    expected = [
        (row.file, row.line, row.text, [broken_rule(kind, row.fault)], TABLES[kind]) for row in sorted(bad) if row.fault != BLANK
    ]
    assert [tuple(row.values()) for row in rows] == expected


@pytest.mark.parametrize("kind", TABLES)
def test_lines_are_accounted_for(shop: CheckedSource, truth: Truth, kind: str):
    files, account = truth.files[kind], shop.account(TABLES[kind])
    extra = len((shop.raw / SESSIONLESS).read_text().splitlines()) - 1 if kind == "events" else 0
    blank = files.bad_rows[BLANK]
    raw = shop.account(f"raw_{kind}")
    assert raw["rows_read"] == files.data_lines + extra
    assert raw["rows_filtered"] == blank
    assert raw["rows_processed"] == account["rows_read"] == files.data_lines + extra - blank
    assert account["rows_quarantined"] == sum(files.bad_rows.values()) - blank
    if kind in ("events", "order_lines"):
        assert account["rows_processed"] == files.good_rows + extra
        assert account["rows_deduplicated"] == files.exact_duplicates + files.late_duplicates


def test_totals_equal_the_ground_truth(shop: CheckedSource, truth: Truth):
    totals = truth.totals
    events = shop.row(
        "select count(*), count_if(event_type = 'view'), count_if(event_type = 'cart'), "
        "count_if(event_type = 'remove_from_cart'), count_if(event_type = 'purchase'), count(distinct session_id) "
        f"from lake.events where {ORIGINAL}"
    )
    assert events == (totals.events, totals.views, totals.carts, totals.removes, totals.purchases, totals.sessions)
    money = shop.row(
        "select sum(orders), sum(units), sum(gross_amount), sum(returned_units), sum(net_amount) from lake.sales_daily"
    )
    assert money == (totals.orders, totals.units, Decimal(totals.gross), totals.returned_units, Decimal(totals.net))
    visits = shop.row(
        "select count(*), count_if(reached_cart), count_if(reached_purchase) from lake.fct_sessions where session_id like 's%'"
    )
    assert visits == (totals.sessions, totals.sessions_carted, totals.sessions_bought)
    customers = shop.row("select count(*), count_if(orders > 0) from lake.dim_customer")
    assert customers == (totals.customers, totals.buyers)
    assert shop.row("select count(*) from lake.dim_product") == (totals.products,)


def test_days_equal_the_ground_truth(shop: CheckedSource, truth: Truth):
    sales = shop.rows(
        "select date, orders, units, gross_amount, returned_units, returned_amount from lake.sales_daily order by date"
    )
    visits = shop.rows(
        "select session_date, count(*) as sessions from lake.fct_sessions where session_id like 's%' group by all order by all"
    )
    expected = [
        (day.date, day.orders, day.units, Decimal(day.gross), day.returned_units, Decimal(day.returned)) for day in truth.daily
    ]
    assert [(str(row["date"]), *list(row.values())[1:]) for row in sales] == expected
    assert [(str(row["session_date"]), row["sessions"]) for row in visits] == [(day.date, day.sessions) for day in truth.daily]


def test_customers_orders_equal_the_ground_truth(shop: CheckedSource):
    with (shop.raw / "truth_users.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            row["user_id"]: (int(row["orders"]), Decimal(row["gross"]), row["last_order_on"])
            for row in csv.DictReader(file)
            if int(row["orders"])
        }
    rows = shop.rows(
        "select customer_id, orders, gross, cast(last_order_date as varchar) as last from lake.dim_customer "
        "join (select customer_id, sum(gross_amount) as gross from lake.fct_order_items group by all) using (customer_id) "
        "where orders > 0"
    )
    assert {row["customer_id"]: (row["orders"], row["gross"], row["last"]) for row in rows} == expected


def test_the_lake_contains_the_planted_pairs_and_fraud(shop: CheckedSource, truth: Truth):
    assert truth.pairs
    assert truth.fraud
    together = (
        "select count(distinct order_id) from lake.fct_order_items as a join lake.fct_order_items as b using (order_id) "
        "where a.product_id = '{}' and b.product_id = '{}' and a.line_type = 'sale' and b.line_type = 'sale'"
    )
    for pair in truth.pairs:
        assert shop.row(together.format(pair.anchor, pair.companion)) == (pair.orders_together,)
    for burst in truth.fraud:
        listed = ", ".join(f"'{order}'" for order in burst.order_ids)
        query = f"select count(*), sum(amount) from lake.orders where order_id in ({listed}) and customer_id = '{burst.user_id}'"
        assert shop.row(query) == (burst.orders, Decimal(burst.gross))
