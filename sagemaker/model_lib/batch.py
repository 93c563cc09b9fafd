"""Scores one source with an approved version: `python -m model_lib.batch PACKAGE TABLE`, as a processing job.

Inputs are `model` (model.tar.gz) and `features`, the TABLE that the model scores. The scores go to
`as_of=<day>/version=<number>/` below the output `scores`, for the job `scores`.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from model_lib.environment import TrainingJob
from model_lib.processing import MODEL_ARCHIVE, ProcessingStep, run_step, unpack
from model_lib.tables import read_files


def score(step: ProcessingStep) -> None:
    """RefusalError if the model must not be used, or there is nothing to score."""
    (package, table), version = sys.argv[1:], step.setting("MODEL_VERSION")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        job = TrainingJob(
            channels={"input": folder / "input"},
            model_dir=unpack(step.inputs / "model" / MODEL_ARCHIVE, folder / "model"),
            output_dir=folder / "output",
            hyperparameters={},
        )
        day, rows = latest(read_files(step.inputs, "features"))
        (folder / "input" / table).mkdir(parents=True)
        rows.to_parquet(folder / "input" / table / "part-00000.parquet", index=False)
        importlib.import_module(f"{package}.score").score(job)
        result = step.outputs / "scores" / f"as_of={day}" / f"version={version}"
        result.mkdir(parents=True, exist_ok=True)
        # Bytes, not a move: the folders may be on different volumes.
        (result / "scores.parquet").write_bytes((job.output_dir / f"{package}_scores.parquet").read_bytes())
        (result / "checks.json").write_bytes((job.output_dir / "checks.json").read_bytes())


def latest(rows: pd.DataFrame) -> tuple[date, pd.DataFrame]:
    """The day that scores are as of, and its rows: the newest snapshot of customers, or all orders or sessions."""
    if "as_of" not in rows.columns:
        (time,) = {"ordered_at", "started_at"} & set(rows.columns)
        return pd.to_datetime(rows[time]).max().date(), rows
    days = pd.to_datetime(rows["as_of"]).dt.date
    return days.max(), rows[days == days.max()].reset_index(drop=True)


if __name__ == "__main__":
    sys.exit(run_step(score))
