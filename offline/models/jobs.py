"""Training and scoring jobs: SageMaker's scripts as processes, with the environment and folders of its containers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.errors import ModelError, PlatformError, UsageError
from glue_jobs.algorithms.feature_selects import SNAPSHOTS
from glue_jobs.lib.lake.score_files import CHECKS, FILE, ScoreFile, scores_of
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.lake.local_lake import LocalLake
from offline.models.feature_tables import FeatureTables
from offline.models.feedback_file import read_feedback
from offline.models.registry import Registry, Version, check_files
from stacks.pipelines import PIPELINES

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "sagemaker"
# The table that each model scores, by model.
MODELS: Mapping[str, str] = {model: own.scored for model, own in PIPELINES.items()}
# The package of its scripts below sagemaker; those of one package differ in what they judge.
PACKAGES: Mapping[str, str] = {model: own.package for model, own in PIPELINES.items()}
# The tables that each is trained on, and those that frauds are injected into, as in stacks/pipelines.
TRAINED = {model: own.tables for model, own in PIPELINES.items()}
INJECTED = {model: own.injected for model, own in PIPELINES.items() if own.injected}
# The models whose alerts people review, by the key of what they score.
REVIEWED = {"order_id": "anomaly", "session_id": "session_anomaly", "customer_id": "customer_anomaly"}
# Threads of numeric libraries cost more than they gain on a few thousand rows, most of all on a busy machine.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Job:
    """One run of a script below `folder`, which is laid out like /opt/ml of a container."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "output" / "data"

    def put(self, channel: str, table: str, rows: pd.DataFrame) -> None:
        """Writes a table into a channel."""
        folder = self.folder / "input" / "data" / channel / table
        folder.mkdir(parents=True)
        rows.to_parquet(folder / "part-00000.parquet", index=False)

    def run(self, script: str, *, channel: str, hyperparameters: Mapping[str, Any], model: Path | None = None) -> None:
        """Runs a script of the folder sagemaker. ModelError with its reason if it refuses, PlatformError if it fails."""
        environment = {
            **_own_environment(),
            "SM_CHANNELS": json.dumps([channel]),
            f"SM_CHANNEL_{channel.upper()}": str(self.folder / "input" / "data" / channel),
            "SM_MODEL_DIR": str(model or self.folder / "model"),
            "SM_OUTPUT_DATA_DIR": str(self.output),
            "SM_HPS": json.dumps(hyperparameters),
        }
        command = [sys.executable, str(SCRIPTS / script)]
        run_script(command, environment=environment, failure=self.folder / "output" / "failure", name=f"sagemaker/{script}")

    def step(self, module: str, *arguments: str, inputs: str, outputs: str) -> None:
        """Runs a step of pipelines from one channel to another. ModelError if it refuses, PlatformError if it fails."""
        channels, message = self.folder / "input" / "data", self.folder / "output" / "message"
        environment = {
            **_own_environment(),
            "STEP_INPUTS": str(channels / inputs),
            "STEP_OUTPUTS": str(channels / outputs),
            "STEP_MESSAGE": str(message),
        }
        command = [sys.executable, "-m", f"model_lib.{module}", *arguments]
        run_script(command, environment=environment, failure=message, name=f"step {module}")


def _own_environment() -> dict[str, str]:
    """What a process of this machine needs; the bundle for the container has our packages next to the scripts, too."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    paths = [str(ROOT), str(SCRIPTS), *own.get("PYTHONPATH", "").split(os.pathsep)]
    return {**own, **THREADS, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def run_script(
    command: Sequence[str], *, environment: Mapping[str, str], failure: Path, name: str, folder: Path | None = None
) -> None:
    """Runs a script as its container does. ModelError with its reason from `failure` if it refuses, PlatformError if it fails."""
    ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if not ended.returncode:
        return
    reason = failure.read_text(encoding="utf-8") if failure.is_file() else ""
    if ended.returncode == 1 and failure.is_file():
        raise ModelError(reason)
    lines = reason.strip().splitlines()[:1] or ended.stderr.strip().splitlines()[-1:] or ["no output"]
    raise PlatformError(f"{name} failed with exit code {ended.returncode}: {lines[0]}")


def train(lake: LocalLake, model: str, source: str, *, as_of: date | None, hyperparameters: Mapping[str, Any]) -> Version:
    """Trains a model on everything up to the end of the day `as_of` (default: all) and registers it as a new version."""
    known_model(model)
    load_source(lake.sources, source)
    with job_folder(lake) as job:
        last_day = _put_training_data(lake, job, model, source, as_of)
        job.run(f"{PACKAGES[model]}/train.py", channel="train", hyperparameters={"source": source, **hyperparameters})
        facts = {"model": model, "source": source, "data_as_of": str(last_day)}
        return registry(lake).register(model=model, source=source, job=job.folder, facts=facts)


def _put_training_data(lake: LocalLake, job: Job, model: str, source: str, as_of: date | None) -> date:
    """Fills the training channel, and returns the last day of the data."""
    with FeatureTables(lake.folders["curated"], source, as_of=as_of) as tables:
        frames = {name: tables.frame(name, as_of=as_of, snapshots=SNAPSHOTS) for name in TRAINED[model]}
        for name, rows in frames.items():
            job.put("train", name, rows)
        for name in INJECTED.get(model, ()):
            job.put("inject", name, frames[name] if name in frames else tables.facts(name))
        last_day = as_of or tables.last_day
    if model in INJECTED:
        job.step("inject", PACKAGES[model], source, inputs="inject", outputs="train")
    return last_day


def score(lake: LocalLake, model: str, source: str, *, as_of: date | None) -> tuple[Version, pd.DataFrame]:
    """Scores with the newest approved version as of a day (default: the last sale); the job `scores` loads what it writes."""
    known_model(model)
    load_source(lake.sources, source)
    version = registry(lake).approved(model, source)
    check_files(version)
    with FeatureTables(lake.folders["curated"], source, as_of=as_of) as tables, job_folder(lake) as job:
        day = as_of or tables.last_day
        job.put("input", MODELS[model], tables.frame(MODELS[model], as_of=as_of))
        labels = kept_feedback(lake, model, source)
        if labels is not None:
            job.put("input", "feedback", labels)
        job.run(f"{PACKAGES[model]}/score.py", channel="input", hyperparameters={}, model=version.folder / "model")
        scores = pd.read_parquet(job.output / f"{PACKAGES[model]}_scores.parquet")
        file = scores_folder(lake, model, source) / ScoreFile(day, version.number).path
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(job.output / CHECKS, file.with_name(CHECKS))
        scores.to_parquet(file.with_name(f"_{file.name}"), index=False)
        file.with_name(f"_{file.name}").replace(file)
    return version, scores


def add_feedback(lake: LocalLake, source: str, file: Path) -> tuple[str, pd.DataFrame]:
    """Adds reviewed alerts to those kept for the source: the model that they are about, and all that are kept for it.

    The file is CSV with label, and order_id, session_id or customer_id, which decides the model. A later label replaces an
    earlier one. UsageError names the file and the row: unreadable, no such columns, another label, what was never scored.
    """
    load_source(lake.sources, source)
    new = read_feedback(file, keys=[*REVIEWED])
    key = new.columns[0]
    model = REVIEWED[key]
    _, scores = latest_scores(lake, model, source)
    unknown = sorted(set(new[key]) - set(scores[key]))
    if unknown:
        what = key.removesuffix("_id")
        raise UsageError(f"{file}: the {what} {unknown[0]} has no score; label {what}s of `shoplake score {model}`.")
    kept = kept_feedback(lake, model, source)
    merged = new if kept is None else pd.concat([kept, new]).drop_duplicates(key, keep="last")
    place = _feedback_file(lake, model, source)
    draft = place.with_name(f"_{place.name}")
    merged.to_parquet(draft, index=False)
    draft.replace(place)
    return model, merged


def kept_feedback(lake: LocalLake, model: str, source: str) -> pd.DataFrame | None:
    """What was reviewed of a source (its key, confirmed); None if nothing was."""
    file = _feedback_file(lake, model, source)
    return pd.read_parquet(file) if file.is_file() else None


def _feedback_file(lake: LocalLake, model: str, source: str) -> Path:
    return lake.root / "models" / model / source / "feedback.parquet"


def latest_scores(lake: LocalLake, model: str, source: str) -> tuple[Version, pd.DataFrame]:
    """The most recent scores of the newest approved version; ModelError if it has none yet."""
    known_model(model)
    version = registry(lake).approved(model, source)
    return version, read_scores(score_files(lake, version)[-1])


def score_files(lake: LocalLake, version: Version) -> list[Path]:
    """The files of scores of a version, by day; ModelError if it has scored nothing yet."""
    model, source, number = version.name.split("/")
    files = sorted(scores_folder(lake, model, source).glob(f"as_of=*/version={number}/{FILE}"))
    if not files:
        raise ModelError(f"{version.name}: nothing is scored yet; run `shoplake score {model} --source {source}` first.")
    return files


def withdraw_scores(lake: LocalLake, version: Version) -> int:
    """Deletes what a rejected version has scored, so that the job `scores` shows it no longer; returns the number of days."""
    model, source, number = version.name.split("/")
    places = list(scores_folder(lake, model, source).glob(f"as_of=*/version={number}"))
    for place in places:
        shutil.rmtree(place)
    return len(places)


def read_scores(file: Path) -> pd.DataFrame:
    """One file of scores; its folders are no columns."""
    return pd.read_parquet(file, partitioning=None)


def scores_folder(lake: LocalLake, model: str, source: str) -> Path:
    """Where all scores of a model and a source lie, by day and version."""
    return lake.folders["curated"] / scores_of(model, source)


def registry(lake: LocalLake) -> Registry:
    """The lake's models."""
    return Registry(lake.root / "models")


def known_model(model: str) -> None:
    """UsageError if there is no such model."""
    if model not in MODELS:
        raise UsageError(f"{model}: there is no such model; choose from {', '.join(MODELS)}.")


@contextmanager
def job_folder(lake: LocalLake) -> Iterator[Job]:
    """A folder for one run of a script, which goes away with it."""
    place = lake.root / "models" / "_jobs"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        yield Job(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
