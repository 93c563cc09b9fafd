"""Scores customers in a batch: `python churn/score.py` with the environment of SageMaker's script mode.

Channel `input` holds customer_features, SM_MODEL_DIR the model. Writes churn_scores.parquet to SM_OUTPUT_DATA_DIR, and
checks.json: the drift against the training data, and the least ROC AUC that the test data promised.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

if __name__ == "__main__":  # the container runs this file by its path; the packages are next to its folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_lib import artifacts
from model_lib.drift import drifts
from model_lib.environment import RefusalError, TrainingJob, run
from model_lib.tables import read_table, write_scores

from churn.features import COLUMNS, matrix
from churn.model_file import ChurnModel, load_model
from churn.reasons import reasons

KEY = ("as_of", "customer_id")


def score(job: TrainingJob) -> None:
    """RefusalError if the model must not be used or nobody is left to score."""
    model = load_model(job.model_dir)
    customers = read_table(job.channel("input"), "customer_features", columns=(), key=KEY, numbers=COLUMNS)
    scores = scored(model, customers)
    if scores.empty:
        raise RefusalError(f"No customer bought in the {2 * model.horizon_days} days before the snapshot day; nothing to score.")
    job.output_dir.mkdir(parents=True, exist_ok=True)
    write_scores(scores, job.output_dir / "churn_scores.parquet")
    artifacts.write_json(job.output_dir / "checks.json", {"drift": drift(model, customers), "least_roc_auc": model.least_roc_auc})


def drift(model: ChurnModel, customers: pd.DataFrame) -> dict[str, float]:
    """The population stability index of each feature, and of the probability, of the active customers."""
    active = customers[customers["recency_days"] <= 2 * model.horizon_days]
    inputs = matrix(active, model.candidate.features)
    inputs["churn_probability"] = model.candidate.probability(active)
    return drifts(model.reference, inputs)


def scored(model: ChurnModel, customers: pd.DataFrame) -> pd.DataFrame:
    """Active customers with probability, decile (1 is the highest tenth of the day) and reasons, the highest first.

    Customers whose last purchase is more than two horizons ago are not scored: the model has never seen any.
    """
    active = customers[customers["recency_days"] <= 2 * model.horizon_days].reset_index(drop=True)
    if active.empty:
        return pd.DataFrame()
    probability = np.round(model.candidate.probability(active), 6)
    scores = pd.DataFrame(
        {
            "customer_id": active["customer_id"],
            "as_of": active["as_of"].dt.date,
            "horizon_days": np.int32(model.horizon_days),
            "churn_probability": probability,
            "reasons": reasons(model, active),
        }
    )
    scores = scores.sort_values(["as_of", "churn_probability", "customer_id"], ascending=[True, False, True], ignore_index=True)
    place = scores.groupby("as_of").cumcount()
    size = scores.groupby("as_of")["customer_id"].transform("size")
    scores.insert(4, "decile", (1 + 10 * place // size).astype("int32"))
    return scores


if __name__ == "__main__":
    sys.exit(run(score))
