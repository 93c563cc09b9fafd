"""SQLite computes the features that DuckDB computes: the pipelines on AWS have no other engine for copies of a shop."""

from __future__ import annotations

import pandas as pd
import pytest
from model_lib.feature_query import feature_rows, sqlite_steps

from offline.models.feature_tables import FACTS
from tests.unit.offline.models.feature_worlds import features, random_lines, random_sessions


@pytest.mark.parametrize("name", ["order_features", "session_features", "customer_features"])
def test_sqlite_and_duckdb_compute_the_same_features(name: str) -> None:
    with features(random_lines(), random_sessions()) as shop:
        expected = shop.frame(name)
        facts = {table: shop.facts(table) for table in FACTS}
    if name == "customer_features":
        facts["snapshots"] = expected[["as_of"]].drop_duplicates()
    # DuckDB's counts may be null, and SQLite's are then floating point numbers.
    expected = expected.astype(dict.fromkeys(expected.select_dtypes("number"), "float64"))
    # WHEN
    found = feature_rows(name, facts).sort_values(expected.columns[0], ignore_index=True)
    # THEN all but a price that lies between two decimals, which is rounded to either
    assert len(expected) > (30 if name == "customer_features" else 100)
    names = [column for column in expected if column != "mean_unit_price"]
    pd.testing.assert_frame_equal(found[names], expected[names], check_dtype=False, rtol=1e-9, atol=1e-9)
    if name == "order_features":
        assert found["mean_unit_price"].to_numpy() == pytest.approx(expected["mean_unit_price"].to_numpy(), abs=1.01e-4)


def test_tables_of_the_with_clause_are_made_before_the_select() -> None:
    *steps, last = sqlite_steps("session_features")

    assert [step.split()[2] for step in steps] == ["visits", "histories"]
    assert last.startswith(("SELECT", "/*"))
    assert "WITH" not in last
