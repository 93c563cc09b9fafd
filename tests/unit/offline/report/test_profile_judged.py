"""Profiles checked against NumPy and pandas, and against the published figures of a real file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from glue_jobs.algorithms.profiling.profile import TableProfile
from glue_jobs.algorithms.profiling.profiler import profile_tables
from offline.report.profile.duckdb_tables import DuckEngine, load_file, rejected_lines
from tests.support.lazy import lazy

pd = lazy("pandas")

SHARED = Path(os.environ.get("SHOPLAKE_SHARED_DATA") or Path(__file__).parents[5] / "shared/data")
UCI = SHARED / "uci_online_retail/online_retail.csv.gz"


def profiled(path: Path) -> TableProfile:
    engine = DuckEngine()
    profile = profile_tables(engine, {"": load_file(engine, path)})[""]
    assert rejected_lines(engine) == []
    engine.close()
    return profile


def test_a_profile_of_30000_rows_equals_numpy_and_pandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = 30_000
    made = pd.DataFrame(
        {
            "price": np.round(rng.lognormal(3, 1.2, rows), 2),
            "quantity": rng.poisson(1.5, rows) - 1,
            "kind": rng.choice(["view", "cart", "buy"], rows, p=[0.9, 0.07, 0.03]),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 400, rows)) ** 2 // 300, unit="D"),
        }
    )
    made.loc[rng.random(rows) < 0.1, "price"] = np.nan
    made.to_csv(tmp_path / "made.csv", index=False)
    profile = profiled(tmp_path / "made.csv")
    assert (profile.rows, profile.repeated) == (rows, int(made.duplicated().sum()))
    assert profile.completeness == pytest.approx(made.notna().to_numpy().mean(), abs=1e-12)
    for column in profile.columns[:2]:
        values = made[column.subject.name].dropna()
        assert (column.non_null, column.distinct) == (len(values), values.nunique())
        assert column.once == int((values.value_counts() == 1).sum())
        assert (column.mean, column.stddev) == (pytest.approx(values.mean()), pytest.approx(values.std()))
        assert (column.zeros, column.negatives) == (int((values == 0).sum()), int((values < 0).sum()))
        for share, quantile in column.quantiles.items():
            assert quantile == np.quantile(values, share, method="inverted_cdf"), (column.subject.name, share)
        low, high = column.quantiles[0.25], column.quantiles[0.75]
        far = (values < low - 3 * (high - low)) | (values > high + 3 * (high - low))
        assert column.anomalies.get("far_out", 0) == int(far.sum())
        edges = [-np.inf, *[upper for _, upper, _ in column.histogram]]
        assert [rows for _, _, rows in column.histogram] == pd.cut(values, edges).value_counts(sort=False).to_list()
    kind, day = profile.columns[2:]
    assert kind.top == list(made["kind"].value_counts().items())
    days = np.sort(made["day"].unique())
    gaps = np.diff(days) // np.timedelta64(1, "D") - 1
    assert (day.days_covered, day.days_missing, day.longest_gap_days) == (len(days), int(gaps.sum()), int(gaps.max()))


@pytest.mark.skipif(not UCI.is_file(), reason=f"the UCI set is not at {UCI}")
def test_the_profile_of_uci_has_the_published_figures() -> None:
    """GIVEN the published figures of the set (its README): rows, exact duplicates, missing customers, distinct invoices."""
    profile = profiled(UCI)
    columns = {column.subject.name: column for column in profile.columns}
    assert (profile.rows, profile.repeated) == (541_909, 5_268)
    assert (columns["InvoiceNo"].distinct, columns["CustomerID"].distinct, columns["Country"].distinct) == (25_900, 4_372, 38)
    assert profile.rows - columns["CustomerID"].non_null == 135_080
    assert (columns["Quantity"].negatives, columns["UnitPrice"].negatives, columns["UnitPrice"].zeros) == (10_624, 2, 2_515)
