"""Scores orders, sessions or customers in a batch: `python anomaly/score.py` with the environment of SageMaker's script mode.

Channel `input` holds the table of features that the model in SM_MODEL_DIR was trained on and, if alerts were reviewed, feedback
(order_id, session_id or customer_id; confirmed). Writes anomaly_scores.parquet to SM_OUTPUT_DATA_DIR, and checks.json: the drift
of later rows against those of the training.
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
from model_lib.metrics import Floats
from model_lib.tables import read_table, write_scores

from anomaly.detectors import ORDINARY
from anomaly.features import ACTIVE_DAYS, Grain
from anomaly.feedback import Reranker
from anomaly.model_file import AnomalyModel, load_model

SHOWN = 3
# With fewer rows, ten bins differ by chance.
MIN_LATER = 500
# The tail beyond which its size means nothing any more.
MOST = float(np.log(100_000))


def score(job: TrainingJob) -> None:
    """RefusalError if the model must not be used or the tables are wrong."""
    model, folder = load_model(job.model_dir), job.channel("input")
    grain = model.detectors.grain
    rows = read_table(folder, grain.table, columns=(grain.time, grain.owner), key=grain.row_key, numbers=grain.numbers)
    rows = grain.judged(rows)
    if rows.empty:
        raise RefusalError(f"{grain.table}: no customer bought in the {ACTIVE_DAYS} days before; nothing to score.")
    feedback = None
    if (folder / "feedback").is_dir():
        feedback = read_table(folder, "feedback", columns=("confirmed",), key=(grain.key,))
    job.output_dir.mkdir(parents=True, exist_ok=True)
    write_scores(scored(model, rows, feedback), job.output_dir / "anomaly_scores.parquet")
    artifacts.write_json(job.output_dir / "checks.json", {"drift": drift(model, rows)})


def drift(model: AnomalyModel, rows: pd.DataFrame) -> dict[str, float]:
    """The population stability index of each feature, and of the score, of rows after the training; empty for too few."""
    grain = model.detectors.grain
    later = rows[rows[grain.time] > pd.Timestamp(model.trained_until)] if model.trained_until else rows.iloc[:0]
    if len(later) < MIN_LATER:
        return {}
    return drifts(model.reference, grain.matrix(later).assign(anomaly_score=_scores(model, later)))


def scored(model: AnomalyModel, rows: pd.DataFrame, feedback: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows with score, rank (1 is the most unusual), whether they are an alert, and reasons; the most unusual first.

    What was reviewed keeps its place in the table, but is no alert any more.
    """
    grain, scores = model.detectors.grain, _scores(model, rows)
    is_alert, reviewed = scores >= model.threshold, np.zeros(len(rows), dtype=bool)
    if feedback is not None:
        labels = rows[[grain.key]].merge(feedback, on=grain.key, how="left")["confirmed"]
        reviewed = labels.notna().to_numpy()
        reranker = Reranker.fit(model.detectors, rows[reviewed], labels[reviewed].to_numpy(dtype=bool))
        if reranker:
            scores = reranker.scores(rows, scores)
            is_alert = scores >= np.sort(scores)[-max(int(is_alert.sum()), 1)]
    # The key of customers is the customer.
    facts = {grain.key: rows[grain.key], "customer_id": rows[grain.owner], grain.time: rows[grain.time]}
    result = pd.DataFrame(
        {
            **facts,
            "anomaly_score": np.round(scores, 6),
            "is_alert": is_alert & ~reviewed,
            "reasons": reasons(model, rows),
        }
    )
    result = result.sort_values(["anomaly_score", grain.key], ascending=[False, True], ignore_index=True)
    result.insert(len(facts) + 1, "rank", np.arange(1, len(result) + 1))
    return result


def reasons(model: AnomalyModel, rows: pd.DataFrame) -> list[list[str]]:
    """Up to three sentences per row, the most unusual feature first; none for a feature that is ordinary."""
    grain = model.detectors.grain
    tails: Floats = model.detectors.tails.suspicious(grain.matrix(rows))
    order = np.argsort(-tails, axis=1, kind="stable")[:, :SHOWN]
    return [
        [_sentence(grain, place, own[place]) for place in places if own[place] > ORDINARY]
        for own, places in zip(tails, order, strict=True)
    ]


def _scores(model: AnomalyModel, rows: pd.DataFrame) -> Floats:
    return model.detectors.scores(rows, model.name)[model.name]


def _sentence(grain: Grain, place: int, tail: float) -> str:
    words = grain.features[place].words
    if tail > MOST:
        return f"{words} (fewer than 1 in {np.exp(MOST):,.0f} {grain.plural})"
    return f"{words} (1 in {np.exp(tail):,.0f} {grain.plural})"


if __name__ == "__main__":
    sys.exit(run(score))
