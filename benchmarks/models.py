"""Time and memory of training and scoring: the churn script in a process of its own, on made customers."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from offline.models.jobs import Job

HORIZON, SNAPSHOTS = 30, 5
LAST = pd.Timestamp("2025-12-01")
# Columns of customer_features that hold shares; the others are counts, amounts or days.
SHARES = ("returned_share", "discounted_share", "evening_share", "weekend_share")
COUNTS = (
    "orders", "purchase_days", "orders_30", "orders_90", "orders_year_ago", "products", "categories", "brands",
    "sessions_90", "carts_90",
)  # fmt: skip
AMOUNTS = (
    "net_amount", "net_amount_90", "mean_order_amount", "units_per_order", "lines_per_order", "session_minutes_90",
    "mean_gap_days", "stddev_gap_days", "days_since_session",
)  # fmt: skip


def training_and_scoring(*, trained: int = 100_000, scored: int = 1_000_000) -> list[tuple[str, str]]:
    """One training on `trained` customers of each of five days, and one scoring of `scored` customers."""
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory(prefix="shoplake-bench-") as folder:
        train, score = (Job(Path(folder) / name) for name in ("train", "score"))
        days = [LAST - pd.Timedelta(days=HORIZON * back) for back in reversed(range(SNAPSHOTS))]
        each = [customers(random, trained, day) for day in days]
        train.put("train", "customer_features", pd.concat(each))
        train.put("train", "churn_labels", pd.concat([labels(random, rows) for rows in each]))
        score.put("input", "customer_features", customers(random, scored, LAST))
        seconds = [
            _timed(train, "churn/train.py", "train"),
            _timed(score, "churn/score.py", "input", model=train.folder / "model"),
        ]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20)
    return [
        (f"churn, training on {trained:,} customers of {SNAPSHOTS} days", f"{seconds[0]:.0f} s"),
        (f"churn, scoring of {scored:,} customers", f"{seconds[1]:.0f} s"),
        ("peak memory of the larger", f"{peak:.1f} GiB"),
    ]


def customers(random: np.random.Generator, count: int, day: pd.Timestamp) -> pd.DataFrame:
    """customer_features of one day without the columns that the model does not read."""
    frame = pd.DataFrame({"customer_id": [f"c{number}" for number in range(count)], "as_of": day.date()})
    frame["tenure_days"] = random.integers(60, 700, count)
    frame["recency_days"] = random.integers(0, 2 * HORIZON, count)
    frame["days_first_to_last_purchase"] = frame["tenure_days"] - frame["recency_days"]
    for name in COUNTS:
        frame[name] = random.poisson(3, count) + (name in ("orders", "purchase_days"))
    for name in AMOUNTS:
        frame[name] = random.gamma(2, 20, count)
    for name in SHARES:
        frame[name] = random.beta(1, 5, count)
    for name in ("spend_trend", "price_level"):
        frame[name] = random.normal(0, 1, count)
    return frame


def labels(random: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """churn_labels: customers who have not bought for long and who bought little are likelier to leave."""
    pull = 0.04 * rows["recency_days"] - 0.3 * rows["orders_90"]
    known = (pd.to_datetime(rows["as_of"]) + pd.Timedelta(days=HORIZON)).dt.date
    left = random.random(len(rows)) < 1 / (1 + np.exp(-pull))
    return rows[["customer_id", "as_of"]].assign(horizon_days=HORIZON, known_on=known, has_churned=left)


def _timed(job: Job, script: str, channel: str, *, model: Path | None = None) -> float:
    began = time.perf_counter()
    job.run(script, channel=channel, hyperparameters={}, model=model)
    return time.perf_counter() - began
