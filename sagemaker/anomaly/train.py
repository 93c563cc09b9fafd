"""Trains an anomaly model: `python anomaly/train.py` with the environment of SageMaker's script mode.

Channel `train` holds fraud_worlds and one of order_features, session_features and customer_features, as folders of Parquet
files; the latter decides what is judged. Writes the model to SM_MODEL_DIR, and
metrics.json, card.json and card.md to SM_OUTPUT_DATA_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if __name__ == "__main__":  # the container runs this file by its path; the packages are next to its folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_lib import artifacts
from model_lib.drift import reference
from model_lib.environment import RefusalError, TrainingJob, run, settings_of
from model_lib.metrics import Floats
from model_lib.tables import read_table

from anomaly.card import card_text
from anomaly.detectors import ENSEMBLE, FOREST, FOREST_ON_TAILS, SIMPLE, TUNED, Detectors, mahalanobis
from anomaly.evaluate import alert_count, reranking_gain, stability, summary
from anomaly.features import Grain
from anomaly.grains import grain_in
from anomaly.model_file import AnomalyModel, save_model

DEFAULTS: Mapping[str, Any] = {"source": "", "seed": 0, "alert_share": 0.01}
TUNE, CHOOSE = 0, 1
# The tuned sum knows only the kinds of fraud that were injected, so it is a member of the ensemble and never published alone.
# A simple rule is published where it is best.
PUBLISHED = ("robust_z", FOREST, FOREST_ON_TAILS, "ecod", "surprise", ENSEMBLE)
SEEDS = 3


def train(job: TrainingJob) -> None:
    """RefusalError with the reason if the tables are wrong."""
    settings = settings_of(job.hyperparameters, DEFAULTS)
    folder = job.channel("train")
    grain = grain_in(folder)
    rows = read_table(folder, grain.table, columns=(grain.time,), key=grain.row_key, numbers=grain.numbers)
    worlds = read_table(folder, "fraud_worlds", columns=("kind", grain.time), key=("world", grain.key), numbers=grain.numbers)
    tests = sorted(set(worlds["world"]) - {TUNE, CHOOSE})
    if not tests or worlds["kind"].isna().all():
        raise RefusalError("fraud_worlds: there is no world to test on, or no injected fraud; prepare the data again.")
    chosen_on = summary(_scores(grain, rows, worlds, [CHOOSE], settings), worlds, settings["alert_share"])
    metrics = summary(_scores(grain, rows, worlds, tests, settings), worlds, settings["alert_share"])
    name = best(chosen_on)
    own, later = grain.latest(rows), worlds[worlds["world"].isin(tests)]
    final = Detectors.fit(grain, own, seed=settings["seed"]).tuned(own, worlds[worlds["world"] == TUNE])
    scores = final.scores(own, name)[name]
    alerts = alert_count(len(own), settings["alert_share"])
    facts = {
        "model": "anomaly",
        "grain": grain.name,
        "settings": settings,
        "chosen": name,
        "decision": decision(name, metrics),
        "metrics": metrics,
        "rows": len(own),
        "injected": later.groupby(["world", "kind"]).size().groupby("kind").mean().round(1).to_dict(),
        "test_from": str(later[grain.time].min().date()),
        "alerts": alerts,
        "stability": stability(grain, own, worlds, name, settings, seeds=SEEDS),
        "feedback": reranking_gain(final, name, worlds, tests, settings["alert_share"]),
    }
    # The latest rows are nearest to what will be scored.
    latest = own[grain.time] >= later[grain.time].min()
    known = grain.matrix(own[latest]).assign(anomaly_score=scores[latest.to_numpy()])
    until = own[grain.time].max().isoformat()
    model = AnomalyModel(name, final, round(float(np.sort(scores)[-alerts]), 9), until, reference(known))
    save_model(job.model_dir, model, {"source": settings["source"]})
    artifacts.write_json(job.output_dir / "metrics.json", facts)
    artifacts.write_json(job.output_dir / "card.json", facts)
    (job.output_dir / "card.md").write_text(card_text(facts), encoding="utf-8")


def _scores(
    grain: Grain, rows: pd.DataFrame, worlds: pd.DataFrame, numbers: list[int], settings: Mapping[str, Any]
) -> dict[int, dict[str, Floats]]:
    """Per world the scores of all detectors, which were fitted to the shop's rows before it and tuned on world TUNE."""
    start = worlds.loc[worlds["world"] == numbers[0], grain.time].min()
    before = grain.latest(rows[rows[grain.time] < start])
    detectors = Detectors.fit(grain, before, seed=settings["seed"]).tuned(before, worlds[worlds["world"] == TUNE])
    distance = mahalanobis(grain, before, seed=settings["seed"])
    own = {number: worlds[worlds["world"] == number] for number in numbers}
    return {number: detectors.scores(world) | {"mahalanobis": distance(world)} for number, world in own.items()}


def best(metrics: Mapping[str, Any]) -> str:
    """The detector of PUBLISHED that finds most within the alert budget."""
    return max(PUBLISHED, key=lambda one: (metrics[one]["recall"]["all"], metrics[one]["pr_auc"]))


def decision(name: str, metrics: Mapping[str, Any]) -> str:
    """A sentence with the recall of the published detector, the best simple one and plain Isolation Forest."""
    best = max(SIMPLE, key=lambda one: float(metrics[one]["recall"]["all"]))
    shown = ", ".join(f"{one} {metrics[one]['recall']['all']:.2f}" for one in dict.fromkeys((name, TUNED, best, FOREST)))
    return f"Recall of injected frauds within the alert budget: {shown}. {name} is published; {best} is the best simple rule."


if __name__ == "__main__":
    sys.exit(run(train))
