"""The models that compete: simple baselines, a regularized logistic regression and boosted trees."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from model_lib.metrics import Floats
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from churn.features import FREQUENCY, RECENCY, RFM, informative, matrix
from churn.splits import Splits
from glue_jobs.algorithms.customer_value.bg_nbd import BgNbd, fit_bg_nbd

Settings = dict[str, Any]
SIMPLE = "logistic_rfm"
LOGISTIC, BOOSTING = "logistic_elastic_net", "boosted_trees"
# Trained on the same rows as the candidates, but with next to no features.
BASELINES = {"recency": RECENCY, "frequency": FREQUENCY, SIMPLE: RFM}
# P(alive), and the expected number of purchases in the horizon.
ALIVE, EXPECTED = "bg_nbd_alive", "bg_nbd_purchases"
PENALTIES: list[Settings] = [{"C": strength, "l1_ratio": ratio} for strength in (0.003, 0.03, 0.3) for ratio in (0.1, 0.9)]
TREES: list[Settings] = [{"max_iter": rounds, "max_depth": depth} for rounds in (60, 150) for depth in (2, 4)]
# Settings are compared on at most so many rows, drawn at random; with a hundred thousand the comparison would take minutes.
TRIAL_ROWS = 50_000
# Customers whose features are in memory at the same time.
AT_ONCE = 50_000
# The chance below which a probability is cut off before it becomes a logit.
EDGE = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A fitted model: its features, its classifier, and the shift of the logit that recalibration adds."""

    name: str
    features: tuple[str, ...]
    classifier: Pipeline
    settings: Settings = field(default_factory=dict)
    shift: float = 0.0

    def probability(self, customers: pd.DataFrame) -> Floats:
        """The probability of churn of each row of customer_features."""
        parts = (customers.iloc[first : first + AT_ONCE] for first in range(0, max(len(customers), 1), AT_ONCE))
        return np.concatenate([self.probability_of(matrix(part, self.features)) for part in parts])

    def probability_of(self, inputs: pd.DataFrame) -> Floats:
        raw = self.classifier.predict_proba(inputs)[:, 1]
        return from_logit(to_logit(raw) + self.shift) if self.shift else raw


def fit_baselines(rows: pd.DataFrame) -> dict[str, Candidate]:
    """Recency alone, frequency alone, and logistic regression on the logarithms of R, F and M."""
    return {name: _fit(name, rows, features, {}) for name, features in BASELINES.items()}


def fit_bg_nbd_scores(customers: pd.DataFrame, splits: Splits) -> dict[str, Floats]:
    """Churn scores of the test rows by BG/NBD, fitted to the histories of all customers of that day, also those who left.

    Both are put on the scale of probabilities by a logistic regression on the rows before the test. Empty if the likelihood has
    no maximum.
    """
    fitted = _bg_nbd(customers[customers["as_of"] == splits.test["as_of"].max()])
    if fitted is None:
        return {}
    raw = {part: _bg_nbd_values(fitted, getattr(splits, part), splits.horizon_days) for part in ("refit", "test")}
    outcome = splits.refit["has_churned"].to_numpy()
    scores = {}
    for name in (ALIVE, EXPECTED):
        scale = LogisticRegression().fit(raw["refit"][name].reshape(-1, 1), outcome)
        scores[name] = scale.predict_proba(raw["test"][name].reshape(-1, 1))[:, 1]
    return scores


def tuned_candidates(splits: Splits) -> tuple[list[Candidate], str]:
    """The logistic regression and the boosted trees whose settings do best on validate, fitted to train and validate.

    With them comes the name of the one that ranked better on validate when it was fitted to train alone.
    """
    features = informative(matrix(splits.train))
    sample = splits.train.sample(min(len(splits.train), TRIAL_ROWS), random_state=0).sort_index()
    inputs, later = (matrix(rows, features) for rows in (sample, splits.validate))
    known, outcome = (rows["has_churned"].to_numpy() for rows in (sample, splits.validate))
    chosen, ranked = [], {}
    for name, choices in ((LOGISTIC, PENALTIES), (BOOSTING, TREES)):
        trials = [(_ranking(_classified(name, settings, inputs, known), later, outcome), settings) for settings in choices]
        ranked[name], best = max(trials, key=lambda trial: trial[0])
        chosen.append(_fit(name, splits.refit, features, best))
    return chosen, max(ranked, key=lambda name: ranked[name])


def recalibrated(candidate: Candidate, rows: pd.DataFrame) -> Candidate:
    """The candidate with the shift that makes its mean probability on these rows equal their churn rate."""
    logits = to_logit(candidate.classifier.predict_proba(matrix(rows, candidate.features))[:, 1])
    return Candidate(
        candidate.name,
        candidate.features,
        candidate.classifier,
        candidate.settings,
        shift=intercept_shift(logits, float(rows["has_churned"].mean())),
    )


def intercept_shift(logits: Floats, rate: float) -> float:
    """What to add to the logits so that the mean probability is `rate`, by bisection."""
    low, high = -20.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if from_logit(logits + middle).mean() < rate else (low, middle)
    return round((low + high) / 2, 9)


def to_logit(probability: Floats) -> Floats:
    cut = np.clip(probability, EDGE, 1 - EDGE)
    result: Floats = np.log(cut / (1 - cut))
    return result


def from_logit(logit: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-logit))
    return result


def _fit(name: str, rows: pd.DataFrame, features: tuple[str, ...], settings: Settings) -> Candidate:
    return Candidate(
        name, features, _classified(name, settings, matrix(rows, features), rows["has_churned"].to_numpy()), settings
    )


def _classified(name: str, settings: Settings, inputs: pd.DataFrame, outcome: NDArray[np.bool_]) -> Pipeline:
    classifier = _classifier(name, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(inputs, outcome)


def _ranking(classifier: Pipeline, inputs: pd.DataFrame, outcome: NDArray[np.bool_]) -> float:
    return float(roc_auc_score(outcome, classifier.predict_proba(inputs)[:, 1]))


def _classifier(name: str, settings: Settings) -> Pipeline:
    if name == BOOSTING:
        trees = HistGradientBoostingClassifier(
            learning_rate=0.05, min_samples_leaf=50, l2_regularization=1.0, early_stopping=False, random_state=0, **settings
        )
        return make_pipeline(trees)
    options = {"solver": "saga", "max_iter": 300, "tol": 1e-4, "random_state": 0} if name == LOGISTIC else {}
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(**options, **settings))


def _bg_nbd(rows: pd.DataFrame) -> BgNbd | None:
    x, recency, age = _histories(rows)
    seen, weights = np.unique(np.column_stack((x, recency, age)), axis=0, return_counts=True)
    return fit_bg_nbd(seen[:, 0], seen[:, 1], seen[:, 2], weights.astype(np.float64))


def _bg_nbd_values(model: BgNbd, rows: pd.DataFrame, horizon: int) -> dict[str, Floats]:
    x, recency, age = _histories(rows)
    alive = model.probability_alive(x, recency, age)
    expected = alive * model.orders_if_alive(x, age, float(horizon))
    return {ALIVE: to_logit(alive), EXPECTED: np.log(expected + EDGE)}


def _histories(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    columns = (rows["purchase_days"] - 1, rows["days_first_to_last_purchase"], rows["tenure_days"])
    x, recency, age = (column.to_numpy(dtype=np.float64) for column in columns)
    return x, recency, age
