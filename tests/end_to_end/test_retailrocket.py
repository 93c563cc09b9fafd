"""Every table of the real samples against plain SQL on their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.analyses import Analyses, Values
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, Checked, build
from tests.end_to_end.profiles import Profiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="module")
def retailrocket(uncompiled: None, spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    kinds: dict[str, Callable[[Path], bool]] = {
        "events": lambda file: file.name == "sample_events.csv",
        "item_properties": lambda file: file.name == "item_properties_sample.csv",
        "category_tree": lambda file: file.name == "category_tree.csv",
    }
    return build(lake_root, "retailrocket", shared_data("retailrocket"), kinds=kinds, made_ids=["event_id", "order_item_id"])


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(retailrocket: Checked, table: str):
    assert retailrocket.differences(table) == ""


@pytest.fixture(scope="module")
def source(retailrocket: Checked) -> Checked:
    return retailrocket


class TestAnalyses(Analyses, Values, Profiles):
    """What the analyses make of it, by the tests of every source."""


def test_every_line_is_accounted_for(retailrocket: Checked):
    told = {table: retailrocket.account(table) for table in ("events", "product_properties", "categories", "order_items")}
    counts = {
        table: tuple(account[f"rows_{what}"] for what in ("read", "processed", "quarantined", "duplicate"))
        for table, account in told.items()
    }
    assert counts == {
        "events": (9_385, 9_382, 0, 3),
        "product_properties": (100_000, 91_680, 0, 8_320),
        "categories": (1_669, 1_669, 0, 0),
        # the sample of properties knows the price of few items that were bought
        "order_items": (46, 11, 35, 0),
    }


def test_the_tree_has_25_roots_and_six_levels(retailrocket: Checked):
    levels = retailrocket.connection.execute("select depth, count(*) from found.categories group by all order by all").fetchall()
    assert levels == [(1, 25), (2, 174), (3, 702), (4, 665), (5, 90), (6, 13)]
