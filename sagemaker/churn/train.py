"""Trains the churn model: `python churn/train.py` with the environment of SageMaker's script mode.

Channel `train` holds customer_features and churn_labels as folders of Parquet files. Writes the model to SM_MODEL_DIR, and
metrics.json, card.json, card.md and predictions.csv to SM_OUTPUT_DATA_DIR.
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
from model_lib.metrics import Estimate, Floats, deciles, evaluate, profit_curve
from model_lib.tables import read_table

from churn import drivers
from churn.card import card, card_text
from churn.features import COLUMNS, matrix
from churn.model_file import MODEL, ChurnModel, save_model
from churn.models import SIMPLE, Candidate, fit_baselines, fit_bg_nbd_scores, recalibrated, tuned_candidates
from churn.reasons import typical_values
from churn.splits import SHORTEST, Splits, forward_splits, more_history

DEFAULTS: Mapping[str, Any] = {"source": "", "seed": 0, "resamples": 300, "contact_cost": 1.0, "value_kept": 10.0}
LEAK = 0.95
KEY = ("as_of", "customer_id")


def train(job: TrainingJob) -> None:
    """RefusalError with the reason if there is nothing to learn or a feature gives the outcome away."""
    settings = settings_of(job.hyperparameters, DEFAULTS)
    folder = job.channel("train")
    customers = read_table(folder, "customer_features", columns=(), key=KEY, numbers=COLUMNS)
    known = ("horizon_days", "known_on", "has_churned")
    labels = read_table(folder, "churn_labels", columns=known, key=KEY, remedy=more_history(SHORTEST))
    splits = forward_splits(customers, labels[[*KEY, *known]])
    baselines, (candidates, challenger) = fit_baselines(splits.refit), tuned_candidates(splits)
    models = baselines | {one.name: one for one in candidates}
    scores = {name: model.probability(splits.test) for name, model in models.items()} | fit_bg_nbd_scores(customers, splits)
    outcome = splits.test["has_churned"].to_numpy(dtype=np.float64)
    estimates = evaluate(outcome, scores, reference=SIMPLE, resamples=settings["resamples"], seed=settings["seed"])
    _refuse_leaks(estimates)
    chosen, decision = choose(challenger, estimates)
    published, calibration = calibrate(models[chosen], splits, outcome)
    facts = {
        "model": MODEL,
        "settings": settings,
        "splits": splits.days(),
        "horizon_days": splits.horizon_days,
        "customers": {name: len(getattr(splits, name)) for name in ("train", "validate", "refit", "test")},
        "churn_rate": {name: _rate(getattr(splits, name)) for name in ("train", "validate", "refit", "test")},
        "metrics": {name: {key: value.rounded() for key, value in own.items()} for name, own in estimates.items()},
        "tuned": {one.name: one.settings for one in candidates},
        "chosen": chosen,
        "decision": decision,
        "calibration": calibration,
        "deciles": deciles(outcome, scores[chosen]),
        "profit": profit_curve(outcome, scores[chosen], contact_cost=settings["contact_cost"], value_kept=settings["value_kept"]),
        "coefficients": drivers.coefficients(models[chosen], splits.refit, seed=settings["seed"]),
        "importance": drivers.grouped_importance(models[chosen], splits.test, seed=settings["seed"]),
    }
    _write(job, facts, published, splits, scores)


def choose(challenger: str, estimates: Mapping[str, Mapping[str, Estimate]]) -> tuple[str, str]:
    """The model to register and why: the challenger only if it is better than the simple one beyond chance."""
    difference = estimates[challenger]["roc_auc_difference"]
    interval = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    if difference.low > 0:
        return challenger, f"{challenger} ranks better than {SIMPLE} on later data: ROC AUC {interval}. It is registered."
    return SIMPLE, (
        f"{challenger} does not rank better than {SIMPLE} beyond chance: ROC AUC {interval} includes zero or less. "
        f"The simple model is registered."
    )


def calibrate(chosen: Candidate, splits: Splits, outcome: Floats) -> tuple[Candidate, dict[str, Any]]:
    """The model for use from now on, and the calibration on test before and after recalibration.

    Recalibration is tried as it could have been done on the day of the test, on the latest window that was over. It is used
    from now on only if it helped there.
    """
    raw = chosen.probability(splits.test)
    shifted = recalibrated(chosen, splits.validate).probability(splits.test)
    before, after = (float(np.mean((probability - outcome) ** 2)) for probability in (raw, shifted))
    helps = after < before
    facts = {
        "churn_rate": round(float(outcome.mean()), 4),
        "mean_probability": {"before": round(float(raw.mean()), 4), "after": round(float(shifted.mean()), 4)},
        "brier": {"before": round(before, 4), "after": round(after, 4)},
        "recalibrated": helps,
    }
    return (recalibrated(chosen, splits.test) if helps else chosen), facts


def _refuse_leaks(estimates: Mapping[str, Mapping[str, Estimate]]) -> None:
    for name, own in estimates.items():
        if own["roc_auc"].value >= LEAK:
            raise RefusalError(
                f"{name}: a ROC AUC of {own['roc_auc'].value:.3f} on later data is too good to be true; a feature gives the "
                "outcome away. Find the feature that knows the future and remove it."
            )


def _rate(rows: pd.DataFrame) -> float:
    return round(float(rows["has_churned"].mean()), 4)


def _write(
    job: TrainingJob, facts: Mapping[str, Any], published: Candidate, splits: Splits, scores: Mapping[str, Floats]
) -> None:
    # The test days are the latest that are known, and so the nearest to what will be scored.
    known = matrix(splits.test, published.features).assign(churn_probability=published.probability(splits.test))
    typical = typical_values(splits.refit, published.features)
    least = facts["metrics"][facts["chosen"]]["roc_auc"]["low"]
    model = ChurnModel(published, splits.horizon_days, typical, reference(known), least)
    about = {"source": facts["settings"]["source"], "trained_until": str(splits.test["as_of"].max().date())}
    save_model(job.model_dir, model, about)
    predictions = splits.test[["customer_id", "as_of", "has_churned"]].assign(**scores)
    job.output_dir.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(job.output_dir / "predictions.csv", index=False, float_format="%.9f", date_format="%Y-%m-%d")
    artifacts.write_json(job.output_dir / "metrics.json", facts)
    described = card(facts, published)
    artifacts.write_json(job.output_dir / "card.json", described)
    (job.output_dir / "card.md").write_text(card_text(described), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(train))
