"""The lake does not depend on how records are split into files and runs, ordered or repeated."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from tests.support.kept_shops import KeptShops
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

LINES = [
    event("2019-10-31 23:50:00", "view", "p1", session="midnight"),
    event("2019-11-01 00:05:00", "cart", "p1", session="midnight"),
    event("2019-11-01 00:10:00", "purchase", "p1", session="midnight"),
    event("2019-10-02 08:00:00", "view", "p2", user="u2", session="s2", price="5.00"),
    event("2019-10-02 08:00:00", "view", "p2", user="u2", session="s2", price="6.00"),
    event("2019-10-03 08:00:00", "purchase", "p2", user="u2", session="s3", price="6.00"),
    event("2019-10-03 08:00:01", "purchase", "p1", user="u2", session="s3"),
    event("2019-11-20 12:00:00", "remove_from_cart", "p3", user="u3", session="s4"),
    event("2019-10-05 12:00:00", "teleport", "p3"),
    event("2019-10-05 12:00:00", "view", "p3", price="ten"),
    "2019-10-05 12:00:00 UTC,view,cut",
]
PROCESSED = ("events", "order_items", "orders", "products")
CURATED = ("dim_customer", "fct_order_items", "fct_product_activity", "fct_sessions")
lakes = count()


def contents(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {table: shop.rows(table) for table in PROCESSED + CURATED}


@pytest.fixture(scope="module")
def plain(spark: SparkSession, lake_root: Path, kept_shops: KeptShops) -> dict[str, list[tuple[Any, ...]]]:
    """The contents of the lake after one run of one file."""
    shop = Shop(spark, lake_root, "plain", only_marts=CURATED)

    def build() -> None:
        shop.put("rees46", "events", "all.csv", [REES46_HEADER, *LINES])
        shop.conform("rees46")
        shop.build("rees46")

    kept_shops.build(shop, "built", build)
    tables = contents(shop)
    assert len(tables["events"]) == 8
    assert [row[0] for row in shop.rows("fct_sessions", "session_id")] == ["midnight", "s2", "s3", "s4"]
    return tables


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[list[str]]]:
    """Runs, each a list of files, each a list of lines: every line at least once, some repeated, in any order."""
    lines = draw(st.permutations(LINES)) + draw(st.lists(st.sampled_from(LINES[:8]), max_size=4))
    runs: list[list[list[str]]] = [[[] for _ in range(draw(st.integers(1, 3)))] for _ in range(draw(st.integers(1, 2)))]
    for line in lines:
        draw(st.sampled_from(draw(st.sampled_from(runs)))).append(line)
    return runs


@pytest.mark.full
def test_two_runs_of_reversed_and_repeated_lines_change_nothing(
    spark: SparkSession, lake_root: Path, plain: dict[str, list[tuple[Any, ...]]]
) -> None:
    late = [LINES[0], *LINES[:1:-2]]
    assert_same_lake([[LINES[9::-2], LINES[5:3:-1]], [late, [LINES[1], LINES[10]]]], spark, lake_root, plain)


@pytest.mark.full
@given(runs=deliveries())
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_splitting_ordering_and_repeating_change_nothing(
    runs: list[list[list[str]]], spark: SparkSession, lake_root: Path, plain: dict[str, list[tuple[Any, ...]]]
) -> None:
    assert_same_lake(runs, spark, lake_root, plain)


def assert_same_lake(
    runs: list[list[list[str]]], spark: SparkSession, lake_root: Path, plain: dict[str, list[tuple[Any, ...]]]
) -> None:
    assert {line for files in runs for lines in files for line in lines} == set(LINES)
    shop = Shop(spark, lake_root, f"split-{next(lakes)}", only_marts=CURATED)
    for day, files in enumerate(runs, start=1):
        for number, lines in enumerate(files):
            shop.put("rees46", "events", f"{day}-{number}.csv", [REES46_HEADER, *lines], day=f"2026-01-{day:02d}")
        shop.conform("rees46")
        shop.build("rees46")
    tables = contents(shop)
    for table, rows in plain.items():
        assert tables[table] == rows, table
