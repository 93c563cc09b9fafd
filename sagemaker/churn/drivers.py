"""What drives the predictions: coefficients with intervals, and the loss of ranking when a group of features is shuffled."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from model_lib.metrics import INTERVAL, Ranking
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from churn.features import matrix
from churn.models import BOOSTING, Candidate
from churn.reasons import groups_of

REFITS, SAMPLE, SHUFFLES = 30, 5_000, 5
# More customers make no group's loss clearer.
SHUFFLED_ROWS = 25_000


def coefficients(candidate: Candidate, rows: pd.DataFrame, *, seed: int) -> list[dict[str, Any]]:
    """Coefficients of standardized features with 95 % intervals over refits; empty for trees. The largest comes first."""
    if candidate.name == BOOSTING:
        return []
    random, inputs = np.random.default_rng(seed), matrix(rows, candidate.features)
    outcome, size = rows["has_churned"].to_numpy(), min(len(rows), SAMPLE)
    draws = []
    for _ in range(REFITS):
        places = random.integers(0, len(rows), size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            draws.append(clone(candidate.classifier).fit(inputs.iloc[places], outcome[places])[-1].coef_[0])
    lows, highs = np.percentile(draws, INTERVAL, axis=0)
    values = candidate.classifier[-1].coef_[0]
    lines = [
        {"feature": name, "coefficient": round(float(value), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
        for name, value, low, high in zip(candidate.features, values, lows, highs, strict=True)
    ]
    return sorted(lines, key=lambda line: -abs(line["coefficient"]))


def grouped_importance(candidate: Candidate, rows: pd.DataFrame, *, seed: int) -> list[dict[str, Any]]:
    """ROC AUC that is lost when the features of a group are shuffled together, the largest first.

    Features of one group stand in for each other, so shuffling one of them alone would show next to nothing.
    """
    rows = rows.sample(min(len(rows), SHUFFLED_ROWS), random_state=seed).sort_index()
    random, inputs = np.random.default_rng(seed), matrix(rows, candidate.features)
    outcome, ones = rows["has_churned"].to_numpy(dtype=np.float64), np.ones(len(rows))
    usual = Ranking(outcome, candidate.probability_of(inputs)).roc_auc(ones)
    lines = []
    for group, names in groups_of(candidate.features).items():
        losses = []
        for _ in range(SHUFFLES):
            shuffled = inputs.copy()
            shuffled[names] = inputs[names].to_numpy()[random.permutation(len(rows))]
            losses.append(usual - Ranking(outcome, candidate.probability_of(shuffled)).roc_auc(ones))
        lines.append({"group": group, "features": names, "roc_auc_loss": round(float(np.mean(losses)), 4)})
    return sorted(lines, key=lambda line: -float(str(line["roc_auc_loss"])))
