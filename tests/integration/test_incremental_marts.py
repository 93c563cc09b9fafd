"""Incremental marts after days in any order, a killed run and a removed day equal the same marts rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts import load_all
from glue_jobs.lib.curated import mart_builder
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.usefixtures("interpreted"), pytest.mark.full]

INCREMENTAL = tuple(name for name, contract in load_all("curated").items() if contract.incremental)
DAYS = {
    day: [
        event(f"2019-10-{day:02d} 00:05:00", "view", "p1", session="", user="u1"),
        event(f"2019-10-{day:02d} 12:00:00", "purchase", "p2", session="named", user="u2"),
        event(f"2019-10-{day:02d} 23:50:00", "purchase", "p1", session="", user="u1"),
    ]
    for day in range(1, 5)
}


def test_days_in_any_order_a_killed_run_and_a_removed_day(
    spark: SparkSession, lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN the first and the last of four days
    shop = Shop(spark, lake_root, "incremental", grain="day", only_marts=INCREMENTAL)
    for day in (1, 4):
        shop.put("rees46", "events", f"{day}.csv", [REES46_HEADER, *DAYS[day]])
    shop.conform("rees46")
    shop.build("rees46")
    # WHEN the third arrives, and the run that builds its marts dies before it is recorded
    shop.put("rees46", "events", "3.csv", [REES46_HEADER, *DAYS[3]])
    shop.conform("rees46")
    with monkeypatch.context() as killed:
        killed.setattr(mart_builder, "record", _die)
        with pytest.raises(KeyboardInterrupt):
            shop.build("rees46")
    # AND the second arrives, while the fourth loses all its events
    shop.put("rees46", "events", "2.csv", [REES46_HEADER, *DAYS[2]])
    shop.put("rees46", "events", "4.csv", [REES46_HEADER])
    shop.conform("rees46")
    built = shop.build("rees46")
    # THEN order lines are written for the touched days, and a session of the source for the day of its start, too
    assert {one.table: [name for name, rows in one.rows_by_partition.items() if rows] for one in built.accounts} == {
        "fct_order_items": [f"fct_order_items/2019-10-{day:02d}" for day in (2, 3)],
        "fct_product_activity": [f"fct_product_activity/2019-10-{day:02d}" for day in (2, 3)],
        "fct_sessions": [f"fct_sessions/2019-10-{day:02d}" for day in (1, 2, 3)],
    }
    # AND every mart is the same after a full rebuild
    before = {mart: shop.rows(mart) for mart in INCREMENTAL}
    assert [(row[0], row[-1]) for row in before["fct_sessions"]] == [
        ("named", "2019-10-01"),
        ("u1@1569888300", "2019-10-01"),
        ("u1@1569973800", "2019-10-01"),
        ("u1@1570060200", "2019-10-02"),
        ("u1@1570146600", "2019-10-03"),
    ]
    shop.build("rees46", "--full", "true")
    assert {mart: shop.rows(mart) for mart in INCREMENTAL} == before


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
