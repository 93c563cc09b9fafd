"""Documents of two writers, taken by one source folder: every table against plain SQL on their files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.analyses import Analyses, with_analyses
from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, Checked, build

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KINDS = ("users", "products", "categories", "transactions", "sessions")
# Rows: items, discounts and returns of all that was not cancelled; pages, carts and purchases; documents.
COUNTS = {
    "first": {"order_items": 2_099, "events": 41_429, "customers": 500, "products": 1_000, "categories": 100},
    "other": {"order_items": 9_868, "events": 14_829, "customers": 500, "products": 500, "categories": 100},
}


@pytest.fixture(scope="module")
def first(uncompiled: None, spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    return written("multimodel", lake_root, shared_data, CURATED)


@pytest.fixture(scope="module")
def other(first: Checked, lake_root: Path, shared_data: Callable[[str], Path]) -> Checked:
    """The other writer's documents, in place of the first one's (which DuckDB holds by now)."""
    for place in lake_root.glob("s3/*/*/source=multimodel"):
        shutil.rmtree(place)
    shutil.rmtree(lake_root / "s3/shoplake-raw/multimodel")
    return written("multimodel_drift", lake_root, shared_data, ())


def written(writer: str, lake_root: Path, shared_data: Callable[[str], Path], curated: Sequence[str]) -> Checked:
    kinds: dict[str, Callable[[Path], bool]] = {kind: lambda file, kind=kind: file.name.startswith(kind) for kind in KINDS}
    return build(lake_root, "multimodel", shared_data(writer), kinds=kinds, made_ids=["order_item_id"], curated=curated)


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(first: Checked, table: str):
    assert first.differences(table) == ""


@pytest.fixture(scope="module")
def analysed(first: Checked, lake_root: Path) -> Checked:
    return with_analyses(lake_root, first)


class TestAnalyses(Analyses):
    """Segments and recommendations, by the tests of every source."""


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE])
def test_table_of_the_other_writer_equals_one_on_its_files(other: Checked, table: str):
    assert other.differences(table) == ""


@pytest.mark.parametrize("writer", ["first", "other"])
def test_every_element_is_accounted_for(request: pytest.FixtureRequest, writer: str):
    lake: Checked = request.getfixturevalue(writer)
    for table, rows in COUNTS[writer].items():
        account = lake.account(table)
        assert (account["rows_read"], account["rows_processed"]) == (rows, rows)
        assert (account["rows_quarantined"], account["rows_duplicate"]) == (0, 0)
