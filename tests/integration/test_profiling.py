"""The job profiling: run against run, what it keeps, and what it leaves alone."""

from __future__ import annotations

import pytest

from glue_jobs import profiling
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]


@pytest.fixture(scope="module")
def shop(spark, lake_root) -> Shop:
    """Eight views and two carts of one day."""
    shop = Shop(spark, lake_root, "profiled", only_marts=())
    kinds = ["view"] * 8 + ["cart"] * 2
    shop.put(
        "rees46",
        "events",
        "a.csv",
        [REES46_HEADER, *[event(f"2019-10-01 10:00:0{n}", kind, "p1") for n, kind in enumerate(kinds)]],
    )
    shop.conform("rees46")
    return shop


@pytest.mark.full
def test_a_column_that_changed_from_run_to_run_is_reported(shop: Shop):
    """
    GIVEN a profile of eight views and two carts, of which nothing can have drifted
    WHEN ten purchases come in and the profile is made again
    THEN event_type drifts by the formula, the price does not, and the profile before is kept as what it was
    """
    arguments = shop.arguments("--source", "rees46")
    first = profiling.main(arguments)[0]
    assert {account.table for account in first.accounts} == {"column_profile", "table_profile"}
    assert profiling.main(arguments)[0].accounts == ()
    columns = "table_name", "column_name", "rows", "distinct_values", "top_values", "psi", "is_latest"
    events = {row[1]: row for row in shop.rows("column_profile", *columns) if row[0] == "events"}
    assert events["event_type"] == ("events", "event_type", 10, 2, "{'view': 8, 'cart': 2}", None, True)
    # Pseudonyms are counted and not shown.
    assert events["user_id"][3:5] == (1, "{}")

    bought = [event(f"2019-10-02 10:00:0{n}", "purchase", "p1") for n in range(10)]
    shop.put("rees46", "events", "b.csv", [REES46_HEADER, *bought], day="2026-01-02")
    shop.conform("rees46")
    profiling.main(arguments)
    profiles = shop.rows("column_profile", "table_name", "column_name", "is_latest", "rows", "psi", "is_drifting")
    now = {row[1]: row[3:] for row in profiles if row[0] == "events" and row[2]}
    # (0.4-0.8)·ln(0.5) + (0.1-0.2)·ln(0.5) + (0.5-0.0001)·ln(5000)
    assert now["event_type"] == (20, pytest.approx(0.277259 + 0.069315 + 4.257745, abs=1e-5), True)
    assert now["price"] == (20, 0.0, False)
    before = {row[1]: row[3:] for row in profiles if row[0] == "events" and not row[2]}
    assert before["event_type"] == (10, None, None)
    assert before.keys() == now.keys()
    # THEN the purchases' orders are new, and so have no earlier profile
    assert {row[0]: row[1:] for row in shop.rows("table_profile", "table_name", "is_latest", "rows") if row[0] == "orders"} == {
        "orders": (True, 1)
    }
