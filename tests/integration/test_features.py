"""The job `features` on Spark against the same SELECTs on DuckDB, as the local trainer runs them."""

from __future__ import annotations

from argparse import Namespace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from contracts import load
from contracts.derive.spark import struct_type
from contracts.errors import UsageError
from glue_jobs.features import compute
from glue_jobs.lib.curated.analysis import AnalysisInput
from glue_jobs.lib.lake.context import Lake, empty
from offline.models.feature_tables import FACTS
from tests.support.frames import rows, table
from tests.unit.offline.models.feature_worlds import features, random_lines, random_sessions

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]
DAY = date(2025, 5, 20)
LINE = (
    "customer_id | order_id | ordered_at | order_date | line_type | item_kind | product_id | quantity | unit_price | "
    "gross_amount | net_amount"
)
VISIT = """
    session_id | user_id | started_at          | ended_at            | duration_seconds | events | views | products | carts
    v1         | ann     | 2025-01-01 09:00:00 | 2025-01-01 09:10:00 | 600              | 3      | 3     | 1        | 0
"""


def lake_of(spark) -> Lake:
    return Lake(spark=spark, raw="s3://r", processed="s3://p", curated="s3://c", grain="month", sources=None, marts=None)


@pytest.mark.full
def test_spark_and_duckdb_compute_the_same_features(spark, tmp_path: Path) -> None:
    # GIVEN random orders and visits of 200 days
    with features(random_lines(), random_sessions()) as tables:
        tables.connection.execute(f"export database '{tmp_path}' (format parquet)")
        facts = {
            name: spark.read.schema(struct_type(load(name), partitions=True)).parquet(f"{tmp_path}/{name}.parquet")
            for name in FACTS
        }
    # WHEN the job computes them as of a day before the end
    results = compute(AnalysisInput(lake_of(spark), "s", facts, Namespace(as_of=str(DAY), snapshots=4)))
    # THEN every value is that of DuckDB, and every column that of the contract
    with features(random_lines(), random_sessions(), as_of=DAY) as tables:
        for name, frame in results.items():
            expected = tables.frame(name, as_of=DAY, snapshots=4)
            assert frame.columns == list(load(name).names)
            frame.drop("source").write.parquet(f"{tmp_path}/spark/{name}")
            actual = pd.read_parquet(tmp_path / "spark" / name).sort_values(list(load(name).key), ignore_index=True)
            assert len(actual) > 20, name
            pd.testing.assert_frame_equal(_plain(actual), _plain(expected), check_dtype=False, rtol=1e-9)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("", marks=pytest.mark.full),
        "ann | o1 | 2025-01-01 10:00:00 | 2025-01-01 | sale | product | mug | 1 | 9 | 9 | 9",
    ],
    ids=["no sales", "nobody bought twice"],
)
def test_without_a_second_purchase_there_is_no_horizon_but_orders_and_sessions_have_features(spark, order: str) -> None:
    lines = table(spark, "fct_order_items", f"{LINE}\n{order}")
    facts = {
        # As a lake reads a table without files; Spark computes with what it knows to be empty before it reads anything.
        "fct_order_items": lines if order else empty(spark, lines.schema),
        "fct_sessions": table(spark, "fct_sessions", VISIT),
        "dim_product": table(spark, "dim_product", "product_id\nmug"),
    }

    results = compute(AnalysisInput(lake_of(spark), "s", facts, Namespace(as_of=None, snapshots=2)))

    assert rows(results["session_features"], "session_id", "sessions_before") == [("v1", 0)]
    assert rows(results["order_features"], "order_id", "customer_id") == ([("o1", "ann")] if order else [])
    # Of all columns: Spark leaves out those that nobody asks for.
    assert results["customer_features"].collect() == []
    assert results["churn_labels"].collect() == []


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Decimals as numbers, and instants and days as text, which the two engines return in different types."""
    result = frame.copy()
    for name in result.columns:
        if "decimal" in _physical(name) or pd.api.types.is_numeric_dtype(result[name]):
            result[name] = result[name].astype(float)
        elif name in ("as_of", "known_on"):
            result[name] = result[name].astype(str).str[:10]
        elif name.endswith("_at"):
            result[name] = pd.to_datetime(result[name], utc=True)
    return result


def _physical(name: str) -> str:
    tables = ("customer_features", "churn_labels", "order_features", "session_features")
    return next(load(table).column(name).physical_type for table in tables if name in load(table).names)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_of": "yesterday", "snapshots": 1}, "--as_of yesterday: expected a day as YYYY-MM-DD; fix the argument."),
        ({"as_of": None, "snapshots": 0}, "--snapshots 0: expected 1 or more; fix the argument."),
    ],
)
def test_bad_options_are_refused(options, message) -> None:
    with pytest.raises(UsageError) as caught:
        compute(AnalysisInput(lake_of(None), "s", {}, Namespace(**options)))
    assert str(caught.value) == message
