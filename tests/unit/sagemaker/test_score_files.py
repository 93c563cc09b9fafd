"""Files of scores, as Spark reads them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from model_lib.tables import write_scores


def test_a_column_without_values_keeps_the_type_of_text(tmp_path: Path) -> None:
    # GIVEN scores of which none has a reason or a customer, and pandas' nanoseconds
    rows = pd.DataFrame(
        {
            "session_id": ["a", "b"],
            "customer_id": [None, None],
            "started_at": pd.to_datetime(["2026-01-01 10:00:00.123456789", "2026-01-02 00:00:00.0"]),
            "rank": [1, 2],
            "reasons": [[], []],
        }
    )
    # WHEN
    write_scores(rows, tmp_path / "scores.parquet")
    # THEN
    schema = pq.read_schema(tmp_path / "scores.parquet")
    assert {field.name: str(field.type) for field in schema} == {
        "session_id": "string",
        "customer_id": "string",
        "started_at": "timestamp[us]",
        "rank": "int64",
        "reasons": "list<element: string>",
    }
    assert pq.read_table(tmp_path / "scores.parquet").column("reasons").to_pylist() == [[], []]
