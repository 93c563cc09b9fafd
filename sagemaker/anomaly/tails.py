"""Tail probabilities: how seldom a value as extreme as this is seen, on one scale for all features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from model_lib.metrics import Floats

from anomaly.features import BOTH, LOW, RARE, Feature

# Beyond this quantile the empirical share is continued by an exponential tail with the mean excess of the values there, so
# that a value twice as far out is more unusual, also beyond everything seen.
THRESHOLD = 0.99
KNOTS = 200


@dataclass(frozen=True)
class Tail:
    """-ln P(X ≥ x) of one feature: by quantiles up to the threshold, exponential beyond it."""

    values: tuple[float, ...]
    surprise: tuple[float, ...]
    threshold: float
    scale: float

    @classmethod
    def fit(cls, values: Floats) -> Tail:
        ordered = np.sort(values)
        count = len(ordered)
        points = np.unique(ordered[np.linspace(0, count - 1, KNOTS).astype(int)])
        shares = (count - np.searchsorted(ordered, points, side="left")) / count
        threshold = float(np.quantile(ordered, THRESHOLD))
        excess = ordered[ordered > threshold] - threshold
        spread = float(np.quantile(ordered, 0.9) - np.quantile(ordered, 0.5))
        scale = max(float(excess.mean()) if len(excess) else 0.0, spread / 5, 0.05)
        return cls(_rounded(points), _rounded(-np.log(shares)), round(threshold, 9), round(scale, 9))

    def __call__(self, values: Floats) -> Floats:
        seen = np.interp(np.minimum(values, self.threshold), self.values, self.surprise)
        result: Floats = seen + np.maximum(values - self.threshold, 0) / self.scale
        return result


@dataclass(frozen=True)
class Tails:
    """The tails of all features, fitted to usual rows."""

    features: Sequence[Feature]
    high: Mapping[str, Tail]
    low: Mapping[str, Tail]
    rare: Mapping[str, Mapping[str, float]]

    @classmethod
    def fit(cls, features: Sequence[Feature], inputs: pd.DataFrame) -> Tails:
        columns = {name: inputs[name].dropna().to_numpy(dtype=np.float64) for name in inputs}
        columns = {name: values for name, values in columns.items() if len(values)}
        rare = {one.name: _frequencies(columns[one.name]) for one in features if one.direction == RARE and one.name in columns}
        return cls(
            features,
            {name: Tail.fit(values) for name, values in columns.items()},
            {name: Tail.fit(-values) for name, values in columns.items()},
            rare,
        )

    def both_sides(self, inputs: pd.DataFrame) -> tuple[Floats, Floats]:
        """The upper and the lower tail of every feature, 0 where nothing is known."""
        sides = []
        for tails, sign in ((self.high, 1.0), (self.low, -1.0)):
            parts = [
                np.nan_to_num(tails[name](sign * inputs[name].to_numpy(dtype=np.float64)))
                if name in tails
                else np.zeros(len(inputs))
                for name in inputs
            ]
            sides.append(np.column_stack(parts))
        return sides[0], sides[1]

    def suspicious(self, inputs: pd.DataFrame) -> Floats:
        """Per feature the tail on its suspicious side; a column per feature."""
        high, low = self.both_sides(inputs)
        columns = []
        for place, feature in enumerate(self.features):
            if feature.direction == RARE:
                columns.append(self._rarity(feature.name, inputs[feature.name]))
            elif feature.direction == BOTH:
                columns.append(np.maximum(np.maximum(high[:, place], low[:, place]) - np.log(2), 0))
            else:
                columns.append(low[:, place] if feature.direction == LOW else high[:, place])
        return np.column_stack(columns)

    def _rarity(self, name: str, values: pd.Series) -> Floats:
        known = self.rare.get(name, {})
        rarest = max(known.values(), default=0.0)
        return np.array([known.get(f"{value:g}", rarest + 1.0) if known else 0.0 for value in values], dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, which `from_json` reads."""
        sides = {side: {name: vars(tail) for name, tail in getattr(self, side).items()} for side in ("high", "low")}
        return {**sides, "rare": {name: dict(counts) for name, counts in self.rare.items()}}

    @classmethod
    def from_json(cls, features: Sequence[Feature], value: Mapping[str, Any]) -> Tails:
        """What `to_json` wrote."""
        high, low = ({name: Tail(**tail) for name, tail in value[side].items()} for side in ("high", "low"))
        return cls(features, high, low, value["rare"])


def _frequencies(values: Floats) -> dict[str, float]:
    seen, counts = np.unique(values, return_counts=True)
    return {f"{one:g}": round(float(-np.log(count / len(values))), 9) for one, count in zip(seen, counts, strict=True)}


def _rounded(values: Sequence[float] | Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 9) for value in values)
