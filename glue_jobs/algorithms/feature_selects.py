"""The SELECTs of features. The Glue job runs them on Spark, the local trainer on DuckDB; both read the same files.

`requested` is a table of the caller: the day that stands for today (null: the day of the last sale) and days before it.
"""

from __future__ import annotations

from importlib import resources

# The tables that the SELECTs fill, and the table of snapshot days that some of them read.
FEATURES = ("customer_features", "churn_labels", "order_features", "session_features")
SNAPSHOT_DAYS = "snapshots"
# Whole months differ in length, and horizons are multiples of this.
STEP_DAYS = 30
# Train, validate and test take three of the longest horizons, and training needs days before the first of them.
SNAPSHOTS = 24


def feature_select(name: str) -> str:
    """The Spark SQL SELECT of a table of FEATURES, or of SNAPSHOT_DAYS."""
    return (resources.files("glue_jobs") / "features" / f"{name}.sql").read_text(encoding="utf-8")
