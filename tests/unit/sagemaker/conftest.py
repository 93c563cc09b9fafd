"""A shop of 600 simulated customers: its tables, and a churn model trained on them by the script, as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.offline.models.feature_worlds import buying_customers, features

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class ScriptRun:
    """A run of a script below a folder that is laid out like /opt/ml."""

    folder: Path
    code: int = 0
    errors: str = ""

    @property
    def failure(self) -> str:
        return (self.folder / "output/failure").read_text(encoding="utf-8")

    def output(self, name: str) -> bytes:
        return (self.folder / "output/data" / name).read_bytes()


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """What SageMaker sets for a job below `folder`; `variables` replace parts of it."""
    return {
        "SM_CHANNELS": '["train"]',
        "SM_CHANNEL_TRAIN": str(folder / "input"),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output/data"),
        "SM_HPS": json.dumps({"resamples": 40, "source": "s"}),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]]),
        "OMP_NUM_THREADS": "1",
        **variables,
    }


def run_script(script: str, folder: Path, tables: dict[str, pd.DataFrame]) -> ScriptRun:
    """Run a script of sagemaker/ on these tables."""
    for name, rows in tables.items():
        (folder / "input" / name).mkdir(parents=True, exist_ok=True)
        rows.to_parquet(folder / "input" / name / "part-00000.parquet")
    command = [sys.executable, str(ROOT / "sagemaker" / script)]
    ended = subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=120, check=False)
    return ScriptRun(folder, ended.returncode, ended.stderr)


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    with features(buying_customers()) as shop:
        return {name: shop.frame(name, snapshots=12) for name in ("customer_features", "churn_labels")}


@pytest.fixture(scope="session")
def trained(tables, tmp_path_factory) -> ScriptRun:
    run = run_script("churn/train.py", tmp_path_factory.mktemp("trained"), tables)
    assert run.code == 0, run.errors
    return run
