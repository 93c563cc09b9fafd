"""Drift: how far the values of today are from those of the training data, by the population stability index (PSI)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from model_lib.metrics import Floats

BINS = 10
# A bin that is empty on one side must not make the index infinite.
LEAST = 1e-4


def reference(inputs: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """Per column the inner edges of its deciles and the share of rows in each bin; the last bin holds unknown values."""
    result = {}
    for name in inputs:
        values = inputs[name].to_numpy(dtype=np.float64)
        known = values[np.isfinite(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.array([])
        rounded = [round(float(edge), 9) for edge in edges]
        result[str(name)] = {"edges": rounded, "shares": [round(float(share), 9) for share in _shares(values, rounded)]}
    return result


def psi(expected: Mapping[str, Any], values: Floats) -> float:
    """The index of one column against its reference: the sum of (actual - expected) × ln(actual / expected) over bins."""
    before = np.maximum(np.array(expected["shares"]), LEAST)
    now = np.maximum(_shares(values, expected["edges"]), LEAST)
    return float(((now - before) * np.log(now / before)).sum())


def drifts(expected: Mapping[str, Any], inputs: pd.DataFrame) -> dict[str, float]:
    """The index per column, the largest first."""
    found = {str(name): round(psi(expected[name], inputs[name].to_numpy(dtype=np.float64)), 4) for name in expected}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _shares(values: Floats, edges: list[float]) -> Floats:
    known = np.isfinite(values)
    # A value equal to an edge belongs to the bin below it, as it did when the edges were drawn.
    places = np.where(known, np.searchsorted(edges, np.where(known, values, 0.0), side="left"), len(edges) + 1)
    result: Floats = np.bincount(places, minlength=len(edges) + 2) / max(len(values), 1)
    return result
