"""What confirmed and dismissed alerts teach: a supervised model that ranks the next candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from model_lib.metrics import Floats
from sklearn.ensemble import HistGradientBoostingClassifier

from anomaly.detectors import Detectors, squashed

# With fewer labels of either kind, the order of the detector stays.
MIN_OF_A_KIND = 5
# Only rows that are unusual to begin with are ranked again: twice the usual alert budget.
CANDIDATES = 0.02


@dataclass(frozen=True)
class Reranker:
    """Small trees on the tails of reviewed alerts."""

    detectors: Detectors
    model: HistGradientBoostingClassifier

    @classmethod
    def fit(cls, detectors: Detectors, reviewed: pd.DataFrame, confirmed: np.ndarray) -> Reranker | None:
        """None if there are too few confirmed or dismissed alerts."""
        if min(int(confirmed.sum()), int((~confirmed).sum())) < MIN_OF_A_KIND:
            return None
        values = squashed(detectors.tails.suspicious(detectors.grain.matrix(reviewed)))
        trees = HistGradientBoostingClassifier(max_iter=50, max_depth=2, min_samples_leaf=5, early_stopping=False, random_state=0)
        return cls(detectors, trees.fit(values, confirmed))

    def scores(self, rows: pd.DataFrame, scores: Floats) -> Floats:
        """The detector's scores, with the candidates at the top in the order of the probability that they are confirmed."""
        count = max(1, round(len(rows) * CANDIDATES))
        top = np.argsort(-scores, kind="stable")[:count]
        values = squashed(self.detectors.tails.suspicious(self.detectors.grain.matrix(rows.iloc[top])))
        result = scores.copy()
        # The detector's order decides where the trees see no difference.
        before = np.linspace(1e-6, 0, count)
        result[top] = scores.max() + 1 + self.model.predict_proba(values)[:, 1] + before
        return result
