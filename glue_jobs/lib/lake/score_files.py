"""Where scores of models lie before the job `scores` loads them into curated. Plain Python, for jobs, stacks and commands.

    <curated>/_scores/<model>/source=<source>/as_of=<day>/version=<number>/scores.parquet
    <curated>/_scores/<model>/source=<source>/as_of=<day>/version=<number>/checks.json

The checks have `drift`, the population stability index of features and scores against the training, and for churn
`least_roc_auc`, the lower end of the ROC AUC on the test data. Earlier releases wrote none.

Spark and Athena skip names that begin with an underscore, so nobody reads the files as a table by mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

SCORES, FILE, CHECKS = "_scores", "scores.parquet", "checks.json"
# The usual reading of the index: from here on the rows are others than those of the training.
LARGE_DRIFT = 0.25
# With fewer outcomes, a ranking is not judged.
MIN_OUTCOMES = 200
# The table that each model fills, by model.
TABLES = {
    "churn": "churn_scores",
    "anomaly": "anomaly_scores",
    "session_anomaly": "anomaly_scores",
    "customer_anomaly": "anomaly_scores",
}
# What a model of anomaly_scores judges.
ENTITIES = {"anomaly": "order", "session_anomaly": "session", "customer_anomaly": "customer"}
PLACE = re.compile(rf"as_of=(\d{{4}}-\d\d-\d\d)/version=([1-9]\d*)/{re.escape(FILE)}")


@dataclass(frozen=True)
class ScoreFile:
    """The scores of one version of a model as of a day; `path` is relative to the folder of the model and the source."""

    as_of: date
    version: int

    @property
    def path(self) -> str:
        return f"as_of={self.as_of}/version={self.version}/{FILE}"


def scores_of(model: str, source: str) -> str:
    """The folder of a model's scores of a source, relative to the curated zone."""
    return f"{SCORES}/{model}/source={source}"


def score_file(path: str) -> ScoreFile | None:
    """What a file relative to `scores_of` is; None if its name does not say so."""
    match = PLACE.fullmatch(path)
    try:
        return ScoreFile(date.fromisoformat(match[1]), int(match[2])) if match else None
    except ValueError:
        return None
