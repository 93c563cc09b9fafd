"""Time and memory of training and scoring: the churn script in a process of its own, on made customers."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts import Column, load
from offline.models.jobs import Job

Values = NDArray[np.int64] | NDArray[np.float64]
HORIZON, SNAPSHOTS = 30, 5
LAST = pd.Timestamp("2025-12-01")


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
        (f"churn, training on {trained:,} customers of {SNAPSHOTS} days", seconds[0]),
        (f"churn, scoring of {scored:,} customers", seconds[1]),
        ("peak memory of the larger", f"{peak:.1f} GiB"),
    ]


def customers(random: np.random.Generator, count: int, day: pd.Timestamp) -> pd.DataFrame:
    """customer_features of one day, with random values of each column's kind."""
    frame = pd.DataFrame({"customer_id": [f"c{number}" for number in range(count)], "as_of": day.date()})
    for column in load("customer_features").columns:
        if column.logical_type in ("integer", "number"):
            frame[column.name] = _values(random, count, column)
    frame["tenure_days"] = random.integers(60, 700, count)
    frame["recency_days"] = random.integers(0, 2 * HORIZON, count)
    frame["days_first_to_last_purchase"] = frame["tenure_days"] - frame["recency_days"]
    return frame


def _values(random: np.random.Generator, count: int, column: Column) -> Values:
    """Counts, shares, logarithms and amounts."""
    if column.logical_type == "integer":
        return random.poisson(3, count) + int(column.minimum or 0)
    if column.name.endswith("_share"):
        return random.beta(1, 5, count)
    return random.normal(0, 1, count) if column.name in ("spend_trend", "price_level") else random.gamma(2, 20, count)


def labels(random: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """churn_labels: customers who have not bought for long and who bought little are likelier to leave."""
    pull = 0.04 * rows["recency_days"] - 0.3 * rows["orders_90"]
    known = (pd.to_datetime(rows["as_of"]) + pd.Timedelta(days=HORIZON)).dt.date
    left = random.random(len(rows)) < 1 / (1 + np.exp(-pull))
    return rows[["customer_id", "as_of"]].assign(horizon_days=HORIZON, known_on=known, has_churned=left)


def _timed(job: Job, script: str, channel: str, *, model: Path | None = None) -> str:
    """Wall time, and the processor time, which a busy machine changes less."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    job.run(script, channel=channel, hyperparameters={}, model=model)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:.0f} s ({processor:.0f} s of processor time)"
