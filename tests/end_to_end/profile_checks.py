"""Check the profiles of the processed tables against pandas and NumPy on all rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import contracts
from tests.end_to_end.lake import PROCESSED, SPARSE, CheckedSource
from tests.support.lazy import lazy

pd = lazy("pandas")

SHOWN = 10


def quantiles_of(values: np.ndarray) -> dict[str, Any]:
    """Quantiles by the profile's names: the least value with that share of all values at or below it."""
    shares = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    quantiles = np.quantile(values, shares, method="inverted_cdf") if len(values) else []
    return {f"p{share * 100:02.0f}": float(value) for share, value in zip(shares, quantiles, strict=False)}


class ProfileChecks:
    """Checks for every source."""

    @pytest.mark.parametrize("table", [*PROCESSED, *SPARSE])
    def test_column_profiles_equal_pandas(self, profiled: CheckedSource, table: str):
        profile = {
            row["column_name"]: row
            for row in profiled.rows(f"from lake.column_profile where table_name = '{table}' order by position")
        }
        (rows,) = profiled.row(f"select count(*) from lake.{table}")
        contract = contracts.load(table)
        assert list(profile) == ([column.name for column in contract.data_columns] if rows else [])
        for name, row in profile.items():
            column = contract.column(name)
            # Lists cannot be hashed.
            expression = f"{name}::varchar" if "<" in column.physical_type else name
            values = profiled.connection.execute(f"select {expression} as it from lake.{table} where {name} is not null").df()[
                "it"
            ]
            counts = values.value_counts()
            assert (row["rows"], row["non_null_rows"]) == (rows, len(values)), name
            assert (row["distinct_values"], row["values_occurring_once"]) == (len(counts), int((counts == 1).sum())), name
            if row["mean"] is not None:
                self._numbers(row, values.to_numpy(dtype=float))
            elif column.physical_type in ("date", "timestamp") and len(values):
                self._days(row, values)
            else:
                assert (row["quantiles"], row["days_covered"]) == ({}, None)
            if column.physical_type == "string" and column.classification == "public":
                assert sorted(row["top_values"].values(), reverse=True) == counts.head(SHOWN).to_list()
                assert row["top_values"].items() <= counts.to_dict().items()
            if column.classification != "public":
                assert (row["top_values"], row["min_value"], row["max_value"]) == ({}, None, None)

    @staticmethod
    def _numbers(row: dict[str, Any], values: np.ndarray) -> None:
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-9)
        assert row["stddev"] == (pytest.approx(values.std(ddof=1), rel=1e-9) if len(values) > 1 else None)
        assert (row["zeros"], row["negatives"]) == (int((values == 0).sum()), int((values < 0).sum()))
        assert row["quantiles"] == quantiles_of(values)
        edges = [-np.inf, *row["histogram_upper_bounds"]]
        assert row["histogram_rows"] == [int(((values > low) & (values <= high)).sum()) for low, high in pairwise(edges)]

    @staticmethod
    def _days(row: dict[str, Any], values: pd.Series) -> None:
        days = values.to_numpy(dtype="datetime64[D]").astype(int)
        distinct = np.unique(days)
        gaps = np.diff(distinct) - 1
        assert row["quantiles"] == quantiles_of(days)
        assert (row["days_covered"], row["days_missing"]) == (len(distinct), int(gaps.sum()))
        assert row["longest_gap_days"] == max(gaps, default=0)

    def test_table_profiles_equal_sql(self, profiled: CheckedSource):
        profiles = {row["table_name"]: row for row in profiled.rows("from lake.table_profile")}
        filled = [table for table in (*PROCESSED, *SPARSE) if profiled.row(f"select count(*) from lake.{table}") != (0,)]
        assert sorted(profiles) == sorted(filled)
        for table in filled:
            contract = contracts.load(table)
            names = [column.name for column in contract.data_columns]
            ids = {name for name in contract.key if contract.column(name).physical_type == "string"}
            compared = ", ".join([name for name in names if name not in ids] or names)
            rows, distinct, cells = profiled.row(
                f"select count(*), (select count(*) from (select distinct {compared} from lake.{table})), "
                f"{' + '.join(f'count({name})' for name in names)} from lake.{table}"
            )
            row = profiles[table]
            assert (row["rows"], row["columns"], row["repeated_rows"]) == (rows, len(names), rows - distinct)
            assert row["completeness"] == pytest.approx(cells / (rows * len(names)))
