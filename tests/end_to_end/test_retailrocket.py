"""Every table of the real samples against plain SQL on their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, CheckedSource, check_source
from tests.end_to_end.model_checks import refusals
from tests.end_to_end.profile_checks import ProfileChecks
from tests.end_to_end.recommendation_checks import RecommendationChecks
from tests.end_to_end.segment_checks import SegmentChecks
from tests.end_to_end.value_checks import ValueChecks
from tests.support.lake_builder import Delivery, LakeBuilder

pytestmark = [pytest.mark.real_data, pytest.mark.full]


@pytest.fixture(scope="module")
def retailrocket(builder: LakeBuilder, shared_data: Callable[[str], Path]) -> CheckedSource:
    kinds: dict[str, Callable[[Path], bool]] = {
        "events": lambda file: file.name == "sample_events.csv",
        "item_properties": lambda file: file.name == "item_properties_sample.csv",
        "category_tree": lambda file: file.name == "category_tree.csv",
    }
    raw = shared_data("retailrocket")
    lake = builder.build("retailrocket", "retailrocket", [Delivery(raw, kinds)], interpreted=True)
    return check_source(lake, raw, generated_ids=["event_id", "order_item_id"])


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(retailrocket: CheckedSource, table: str):
    assert retailrocket.differences(table) == ""


@pytest.fixture(scope="module")
def source(retailrocket: CheckedSource) -> CheckedSource:
    return retailrocket


class TestAnalyses(SegmentChecks, RecommendationChecks, ValueChecks, ProfileChecks):
    """The checks of the analyses that every source must pass."""


def test_every_line_is_accounted_for(retailrocket: CheckedSource):
    accounts = {table: retailrocket.account(table) for table in ("events", "product_properties", "categories", "order_items")}
    counts = {
        table: tuple(account[f"rows_{what}"] for what in ("read", "processed", "quarantined", "deduplicated"))
        for table, account in accounts.items()
    }
    assert counts == {
        "events": (9_385, 9_382, 0, 3),
        "product_properties": (100_000, 91_680, 0, 8_320),
        "categories": (1_669, 1_669, 0, 0),
        # the sample of properties knows the price of few items that were bought
        "order_items": (46, 11, 35, 0),
    }


def test_the_tree_has_25_roots_and_six_levels(retailrocket: CheckedSource):
    levels = retailrocket.connection.execute("select depth, count(*) from lake.categories group by all order by all").fetchall()
    assert levels == [(1, 25), (2, 174), (3, 702), (4, 665), (5, 90), (6, 13)]


def test_nobody_bought_twice_so_no_model_learns(retailrocket: CheckedSource, tmp_path: Path):
    reasons = refusals(retailrocket, tmp_path)
    assert reasons["churn"].startswith("customer_features: the table has no rows, so there is nothing to learn from")
    assert reasons["anomaly"] == "retailrocket: 11 orders, and detectors need 1000 to be judged; land more data."
