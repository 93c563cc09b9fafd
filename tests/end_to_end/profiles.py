"""Profiles of the processed tables against pandas and NumPy, which see every row."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

import contracts
from tests.end_to_end.lake import PROCESSED, SPARSE, Checked

SHOWN = 10


def spread(values: np.ndarray) -> dict[str, Any]:
    """Quantiles as the profile names them: of each the least value with that share of all at or below it."""
    shares = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    found = np.quantile(values, shares, method="inverted_cdf") if len(values) else []
    return {f"p{share * 100:02.0f}": float(value) for share, value in zip(shares, found, strict=False)}


class Profiles:
    """Tests of every source."""

    @pytest.mark.parametrize("table", [*PROCESSED, *SPARSE])
    def test_columns_are_told_as_pandas_tells_them(self, profiled: Checked, table: str):
        told = {
            row["column_name"]: row
            for row in profiled.rows(f"from found.column_profile where table_name = '{table}' order by position")
        }
        (rows,) = profiled.row(f"select count(*) from found.{table}")
        contract = contracts.load(table)
        assert list(told) == ([column.name for column in contract.data_columns] if rows else [])
        for name, row in told.items():
            column = contract.column(name)
            # lists have no hash
            shown = f"{name}::varchar" if "<" in column.physical_type else name
            values = profiled.connection.execute(f"select {shown} as it from found.{table} where {name} is not null").df()["it"]
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
        assert row["quantiles"] == spread(values)
        edges = [-np.inf, *row["histogram_upper_bounds"]]
        assert row["histogram_rows"] == [int(((values > low) & (values <= high)).sum()) for low, high in pairwise(edges)]

    @staticmethod
    def _days(row: dict[str, Any], values: pd.Series) -> None:
        days = values.to_numpy(dtype="datetime64[D]").astype(int)
        different = np.unique(days)
        gaps = np.diff(different) - 1
        assert row["quantiles"] == spread(days)
        assert (row["days_covered"], row["days_missing"]) == (len(different), int(gaps.sum()))
        assert row["longest_gap_days"] == max(gaps, default=0)

    def test_tables_are_told_as_sql_tells_them(self, profiled: Checked):
        found = {row["table_name"]: row for row in profiled.rows("from found.table_profile")}
        filled = [table for table in (*PROCESSED, *SPARSE) if profiled.row(f"select count(*) from found.{table}") != (0,)]
        assert sorted(found) == sorted(filled)
        for table in filled:
            contract = contracts.load(table)
            names = [column.name for column in contract.data_columns]
            ids = {name for name in contract.key if contract.column(name).physical_type == "string"}
            alike = ", ".join([name for name in names if name not in ids] or names)
            rows, different, cells = profiled.row(
                f"select count(*), (select count(*) from (select distinct {alike} from found.{table})), "
                f"{' + '.join(f'count({name})' for name in names)} from found.{table}"
            )
            row = found[table]
            assert (row["rows"], row["columns"], row["repeated_rows"]) == (rows, len(names), rows - different)
            assert row["completeness"] == pytest.approx(cells / (rows * len(names)))
