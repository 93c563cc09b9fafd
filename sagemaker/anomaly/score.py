"""Scores orders in a batch: `python anomaly/score.py` with the environment of SageMaker's script mode.

Channel `input` holds order_features and, if alerts were reviewed, feedback (order_id, confirmed); SM_MODEL_DIR the model.
Writes anomaly_scores.parquet to SM_OUTPUT_DATA_DIR, and checks.json: the drift of later orders against those of the training.
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
from model_lib.environment import TrainingJob, run
from model_lib.metrics import Floats
from model_lib.tables import read_table

from anomaly.detectors import ORDINARY
from anomaly.features import COLUMNS, FEATURES, matrix
from anomaly.feedback import Reranker
from anomaly.model_file import AnomalyModel, load_model

SHOWN = 3
# With fewer orders, ten bins differ by chance.
MIN_LATER = 500
# The tail beyond which its size means nothing any more.
MOST = float(np.log(100_000))


def score(job: TrainingJob) -> None:
    """RefusalError if the model must not be used or the tables are wrong."""
    model, folder = load_model(job.model_dir), job.channel("input")
    orders = read_table(folder, "order_features", columns=("ordered_at",), key=("order_id",), numbers=COLUMNS)
    feedback = None
    if (folder / "feedback").is_dir():
        feedback = read_table(folder, "feedback", columns=("confirmed",), key=("order_id",))
    job.output_dir.mkdir(parents=True, exist_ok=True)
    scored(model, orders, feedback).to_parquet(job.output_dir / "anomaly_scores.parquet", index=False)
    artifacts.write_json(job.output_dir / "checks.json", {"drift": drift(model, orders)})


def drift(model: AnomalyModel, orders: pd.DataFrame) -> dict[str, float]:
    """The population stability index of each feature, and of the score, of orders after the training; empty for too few."""
    later = orders[orders["ordered_at"] > pd.Timestamp(model.trained_until)] if model.trained_until else orders.iloc[:0]
    if len(later) < MIN_LATER:
        return {}
    return drifts(model.reference, matrix(later).assign(anomaly_score=model.detectors.scores(later)[model.name]))


def scored(model: AnomalyModel, orders: pd.DataFrame, feedback: pd.DataFrame | None = None) -> pd.DataFrame:
    """Orders with score, rank (1 is the most unusual), whether they are an alert, and reasons; the most unusual first.

    Orders that were reviewed keep their place in the table, but are no alerts any more.
    """
    scores = model.detectors.scores(orders)[model.name]
    is_alert, reviewed = scores >= model.threshold, np.zeros(len(orders), dtype=bool)
    if feedback is not None:
        labels = orders[["order_id"]].merge(feedback, on="order_id", how="left")["confirmed"]
        reviewed = labels.notna().to_numpy()
        reranker = Reranker.fit(model.detectors, orders[reviewed], labels[reviewed].to_numpy(dtype=bool))
        if reranker:
            scores = reranker.scores(orders, scores)
            is_alert = scores >= np.sort(scores)[-max(int(is_alert.sum()), 1)]
    result = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "customer_id": orders["customer_id"],
            "ordered_at": orders["ordered_at"],
            "anomaly_score": np.round(scores, 6),
            "is_alert": is_alert & ~reviewed,
            "reasons": reasons(model, orders),
        }
    )
    result = result.sort_values(["anomaly_score", "order_id"], ascending=[False, True], ignore_index=True)
    result.insert(4, "rank", np.arange(1, len(result) + 1))
    return result


def reasons(model: AnomalyModel, orders: pd.DataFrame) -> list[list[str]]:
    """Up to three sentences per order, the most unusual feature first; none for a feature that is ordinary."""
    tails: Floats = model.detectors.tails.suspicious(matrix(orders))
    order = np.argsort(-tails, axis=1, kind="stable")[:, :SHOWN]
    return [
        [_sentence(place, own[place]) for place in places if own[place] > ORDINARY]
        for own, places in zip(tails, order, strict=True)
    ]


def _sentence(place: int, tail: float) -> str:
    if tail > MOST:
        return f"{FEATURES[place].words} (fewer than 1 in {np.exp(MOST):,.0f} orders)"
    return f"{FEATURES[place].words} (1 in {np.exp(tail):,.0f} orders)"


if __name__ == "__main__":
    sys.exit(run(score))
