"""Documents of two writers, taken by one source folder: every table against plain SQL on their files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.lake import CURATED, PROCESSED, SPARSE, Checked, build

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KINDS = ("users", "products", "categories", "transactions", "sessions")
# Rows: items, discounts and returns of all that was not cancelled; pages, carts and purchases; documents.
COUNTS = {
    "multimodel": {"order_items": 2_099, "events": 41_429, "customers": 500, "products": 1_000, "categories": 100},
    "multimodel_drift": {"order_items": 9_868, "events": 14_829, "customers": 500, "products": 500, "categories": 100},
}


@pytest.fixture(scope="module", params=sorted(COUNTS))
def written(
    request: pytest.FixtureRequest, spark: SparkSession, lake_root: Path, shared_data: Callable[[str], Path]
) -> Iterator[tuple[str, Checked]]:
    folder = shared_data(request.param)
    kinds: dict[str, Callable[[Path], bool]] = {kind: lambda file, kind=kind: file.name.startswith(kind) for kind in KINDS}
    yield request.param, build(lake_root, "multimodel", folder, kinds=kinds, made_ids=["order_item_id"])
    for place in lake_root.glob("s3/*/*/source=multimodel"):
        shutil.rmtree(place)
    shutil.rmtree(lake_root / "s3/shoplake-raw/multimodel")


@pytest.mark.parametrize("table", [*PROCESSED, *SPARSE, *CURATED])
def test_table_equals_an_independent_computation_on_the_raw_files(written: tuple[str, Checked], table: str):
    assert written[1].differences(table) == ""


def test_every_element_is_accounted_for(written: tuple[str, Checked]):
    writer, lake = written
    for table, rows in COUNTS[writer].items():
        account = lake.account(table)
        assert (account["rows_read"], account["rows_processed"]) == (rows, rows)
        assert (account["rows_quarantined"], account["rows_duplicate"]) == (0, 0)
