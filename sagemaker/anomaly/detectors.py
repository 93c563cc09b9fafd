"""The detectors that compete. Each is fitted to rows without labels and gives a score, higher for more unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from model_lib.metrics import Floats
from sklearn.covariance import MinCovDet
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

from anomaly.features import Grain
from anomaly.tails import Tail, Tails

Weights = Mapping[str, tuple[float, ...]]
FOREST, FOREST_ON_TAILS, ENSEMBLE, TUNED = "isolation_forest", "isolation_forest_on_tails", "ensemble", "tuned_surprise"
# What a shop would do without a model; the published detector is compared with the best of them.
SIMPLE = ("robust_z", "mahalanobis", "ecod")
# A tail below this surprise (1 in 20) is an ordinary value and adds nothing.
ORDINARY = 3.0
# Beyond this much more, a single feature adds little: it must not decide everything.
CERTAIN = 4.0
# What resembles no injected kind must be this much more unusual (in logarithms) to be an alert of the ensemble.
HANDICAP = 3.0
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


@dataclass(frozen=True)
class Detectors:
    """All detectors, fitted to the same rows. `experts` are the tails of the ensemble's members; empty until it is tuned."""

    grain: Grain
    scaling: Scaling
    tails: Tails
    skew: Floats
    forest: IsolationForest
    forest_on_tails: IsolationForest
    weights: Weights
    experts: tuple[Tail, ...] = ()

    @classmethod
    def fit(cls, grain: Grain, rows: pd.DataFrame, *, seed: int) -> Detectors:
        inputs = grain.matrix(rows)
        scaling, tails = Scaling.fit(inputs), Tails.fit(grain.features, inputs)
        forest, on_tails = (IsolationForest(n_estimators=TREES, random_state=seed) for _ in range(2))
        skew = np.nan_to_num(inputs.skew().to_numpy(dtype=np.float64))
        return cls(grain, scaling, tails, skew, forest.fit(scaling(inputs)), on_tails.fit(tails.suspicious(inputs)), {})

    def tuned(self, rows: pd.DataFrame, labeled: pd.DataFrame) -> Detectors:
        """With weights per kind of injected fraud, learned from `labeled`, and the scale of each expert on usual `rows`."""
        usual = labeled["kind"].isna().to_numpy()
        values = squashed(self.tails.suspicious(self.grain.matrix(labeled)))
        weights = {}
        for kind in sorted(labeled["kind"].dropna().unique()):
            unusual = (labeled["kind"] == kind).to_numpy()
            weights[str(kind)] = fit_weights(values[usual | unusual], unusual[usual | unusual])
        weighted = replace(self, weights=weights)
        columns = weighted._experts(self.grain.matrix(rows)).T  # noqa: SLF001 - of the same class
        return replace(weighted, experts=tuple(Tail.fit(column) for column in columns))

    def scores(self, rows: pd.DataFrame, *names: str) -> dict[str, Floats]:
        """The scores of the rows by detector: of these, or of all."""
        inputs = self.grain.matrix(rows)
        scaled, suspicious = self.scaling(inputs), self.tails.suspicious(inputs)
        made: dict[str, Callable[[], Floats]] = {
            "robust_z": lambda: np.abs(scaled).max(axis=1),
            "ecod": lambda: self._ecod(inputs),
            FOREST: lambda: -self.forest.score_samples(scaled),
            FOREST_ON_TAILS: lambda: -self.forest_on_tails.score_samples(suspicious),
            "surprise": lambda: surprise(suspicious),
        }
        if self.weights:
            known, other = self._experts(inputs).T
            made |= {
                TUNED: lambda: known,
                ENSEMBLE: lambda: np.maximum(self.experts[0](known), self.experts[1](other) - HANDICAP),
            }
        return {name: score() for name, score in made.items() if not names or name in names}

    def _ecod(self, inputs: pd.DataFrame) -> Floats:
        """Li et al. 2022: the largest sum of the upper, the lower and the skewness-chosen tails."""
        high, low = self.tails.both_sides(inputs)
        sums = [high.sum(axis=1), low.sum(axis=1), np.where(self.skew < 0, low, high).sum(axis=1)]
        result: Floats = np.maximum.reduce(sums)
        return result

    def _experts(self, inputs: pd.DataFrame) -> Floats:
        """Two columns: the largest logit that a row is of one of the kinds, and the surprise of any kind."""
        suspicious = self.tails.suspicious(inputs)
        values = squashed(suspicious)
        logits = np.column_stack([values @ np.array(own[:-1]) + own[-1] for own in self.weights.values()])
        return np.column_stack([logits.max(axis=1), surprise(suspicious)])

    def to_json(self) -> dict[str, Any]:
        """All but the two forests, as JSON values."""
        return {
            "median": self.scaling.median.tolist(),
            "spread": self.scaling.spread.tolist(),
            "skew": self.skew.tolist(),
            "tails": self.tails.to_json(),
            "weights": {kind: list(own) for kind, own in self.weights.items()},
            "experts": [vars(tail) for tail in self.experts],
        }

    @classmethod
    def from_json(cls, grain: Grain, value: Mapping[str, Any], forests: Mapping[str, IsolationForest]) -> Detectors:
        """What `to_json` wrote, with the forests."""
        return cls(
            grain,
            Scaling(np.array(value["median"]), np.array(value["spread"])),
            Tails.from_json(grain.features, value["tails"]),
            np.array(value["skew"]),
            forests[FOREST],
            forests[FOREST_ON_TAILS],
            {kind: tuple(own) for kind, own in value["weights"].items()},
            tuple(Tail(**tail) for tail in value["experts"]),
        )


def mahalanobis(grain: Grain, usual: pd.DataFrame, *, seed: int) -> Callable[[pd.DataFrame], Floats]:
    """The distance from the center by a robust covariance (minimum covariance determinant)."""
    inputs = grain.matrix(usual)
    scaling = Scaling.fit(inputs)
    values = np.clip(scaling(inputs), -10, 10)
    noise = np.random.default_rng(seed).normal(scale=0.01, size=values.shape)
    center = MinCovDet(random_state=seed, support_fraction=0.9).fit(values + noise)
    return lambda rows: center.mahalanobis(np.clip(scaling(grain.matrix(rows)), -1e3, 1e3))


def surprise(suspicious: Floats) -> Floats:
    """The sum over features of the tail on the suspicious side, beyond what is ordinary."""
    result: Floats = np.maximum(suspicious - ORDINARY, 0).sum(axis=1)
    return result


def squashed(suspicious: Floats) -> Floats:
    """Tails beyond what is ordinary; those beyond CERTAIN grow as a logarithm."""
    excess = np.maximum(suspicious - ORDINARY, 0)
    result: Floats = np.where(excess > CERTAIN, CERTAIN + np.log1p(np.maximum(excess - CERTAIN, 0)), excess)
    return result


def fit_weights(values: Floats, unusual: Floats) -> tuple[float, ...]:
    """Weights of at least 0, and the intercept, of a logistic regression whose two classes count the same."""
    chosen = np.arange(values.shape[1])
    while True:
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000).fit(values[:, chosen], unusual)
        if (model.coef_[0] >= 0).all() or not (model.coef_[0] > 0).any():
            break
        chosen = chosen[model.coef_[0] > 0]
    result = np.zeros(values.shape[1] + 1)
    result[chosen], result[-1] = np.maximum(model.coef_[0], 0), model.intercept_[0]
    return tuple(round(float(value), 9) for value in result)
