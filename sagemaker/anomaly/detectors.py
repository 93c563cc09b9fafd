"""The detectors that compete. Each is fitted to orders without labels and gives a score, higher for more unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from model_lib.metrics import Floats
from sklearn.covariance import MinCovDet
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

from anomaly.features import matrix
from anomaly.tails import Tails

FOREST = "isolation_forest"
Weights = Mapping[str, tuple[float, ...]]
Score = Callable[[pd.DataFrame], Floats]
# A tail below this surprise (1 in 20) is an ordinary value and adds nothing.
ORDINARY = 3.0
TREES = 200


@dataclass(frozen=True)
class Scaling:
    """Robust scaling: the distance from the median in units of the spread that a normal distribution has per quartile."""

    median: Floats
    spread: Floats

    @classmethod
    def fit(cls, inputs: pd.DataFrame) -> Scaling:
        values = inputs.to_numpy(dtype=np.float64)
        median = np.nan_to_num(np.nanmedian(values, axis=0))
        quartiles = np.nan_to_num(np.nanpercentile(values, [25, 75], axis=0))
        deviation = np.nan_to_num(np.nanstd(values, axis=0))
        spread = (quartiles[1] - quartiles[0]) / 1.349
        # Half of the values of a count may be equal.
        return cls(median, np.where(spread > 1e-9, spread, np.maximum(deviation, 1e-3)))

    def __call__(self, inputs: pd.DataFrame) -> Floats:
        result: Floats = np.nan_to_num((inputs.to_numpy(dtype=np.float64) - self.median) / self.spread)
        return result


def robust_z(orders: pd.DataFrame) -> Score:
    """The largest absolute robust z-score of any feature."""
    scaling = Scaling.fit(matrix(orders))
    return lambda rows: np.abs(scaling(matrix(rows))).max(axis=1)


def mahalanobis(orders: pd.DataFrame, *, seed: int) -> Score:
    """The distance from the center by a robust covariance (minimum covariance determinant)."""
    scaling = Scaling.fit(matrix(orders))
    values = np.clip(scaling(matrix(orders)), -10, 10)
    noise = np.random.default_rng(seed).normal(scale=0.01, size=values.shape)
    center = MinCovDet(random_state=seed, support_fraction=0.9).fit(values + noise)
    return lambda rows: center.mahalanobis(np.clip(scaling(matrix(rows)), -1e3, 1e3))


def isolation_forest(orders: pd.DataFrame, *, seed: int) -> Score:
    """Isolation Forest on robustly scaled features."""
    scaling = Scaling.fit(matrix(orders))
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(scaling(matrix(orders)))
    return lambda rows: -forest.score_samples(scaling(matrix(rows)))


def isolation_forest_on_tails(orders: pd.DataFrame, *, seed: int) -> Score:
    """Isolation Forest on tail probabilities, which have one scale."""
    tails = Tails.fit(matrix(orders))
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(tails.suspicious(matrix(orders)))
    return lambda rows: -forest.score_samples(tails.suspicious(matrix(rows)))


def ecod(orders: pd.DataFrame) -> Score:
    """ECOD (Li et al. 2022): the largest of the sums of upper, lower and skewness-chosen tails."""
    inputs = matrix(orders)
    tails, skew = Tails.fit(inputs), np.nan_to_num(inputs.skew().to_numpy(dtype=np.float64))

    def score(rows: pd.DataFrame) -> Floats:
        high, low = tails.both_sides(matrix(rows))
        chosen = np.where(skew < 0, low, high)
        result: Floats = np.maximum.reduce([high.sum(axis=1), low.sum(axis=1), chosen.sum(axis=1)])
        return result

    return score


def surprise(orders: pd.DataFrame) -> Score:
    """The sum over features of the tail on the suspicious side, beyond what is ordinary."""
    tails = Tails.fit(matrix(orders))
    return lambda rows: np.maximum(tails.suspicious(matrix(rows)) - ORDINARY, 0).sum(axis=1)


def tuned_surprise(orders: pd.DataFrame, labeled: pd.DataFrame) -> tuple[Score, Tails, Weights]:
    """The most suspicious of several weighted sums of tails: one per kind of injected fraud, fitted in another period."""
    tails = Tails.fit(matrix(orders))
    usual = labeled["kind"].isna().to_numpy()
    values = squashed(tails.suspicious(matrix(labeled)))
    weights = {
        str(kind): fit_weights(
            values[usual | (labeled["kind"] == kind)], (labeled["kind"] == kind)[usual | (labeled["kind"] == kind)]
        )
        for kind in sorted(labeled["kind"].dropna().unique())
    }
    return (lambda rows: weighted(tails, weights, rows).max(axis=1)), tails, weights


def fit_weights(values: Floats, unusual: Floats) -> tuple[float, ...]:
    """Weights of at least 0, and the intercept, of a logistic regression whose two classes count the same."""
    unusual = np.asarray(unusual)
    chosen = np.arange(values.shape[1])
    while True:
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000).fit(values[:, chosen], unusual)
        if (model.coef_[0] >= 0).all() or len(chosen) == 1:
            break
        chosen = chosen[model.coef_[0] > 0]
    result = np.zeros(values.shape[1] + 1)
    result[chosen], result[-1] = np.maximum(model.coef_[0], 0), model.intercept_[0]
    return tuple(round(float(value), 9) for value in result)


def weighted(tails: Tails, weights: Weights, rows: pd.DataFrame) -> Floats:
    """A column per kind: the logit that the order is one of that kind."""
    values = squashed(tails.suspicious(matrix(rows)))
    return np.column_stack([values @ np.array(own[:-1]) + own[-1] for own in weights.values()])


def squashed(tails: Floats) -> Floats:
    """Tails beyond what is ordinary. Far out they grow slowly, so that one feature alone does not decide everything."""
    excess = np.maximum(tails - ORDINARY, 0)
    result: Floats = np.where(excess > 4, 4 + np.log1p(np.maximum(excess - 4, 0)), excess)
    return result
