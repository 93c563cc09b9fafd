"""How many injected frauds are among the alerts, by kind; how stable the alerts are; and what confirmed alerts teach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from model_lib.metrics import Floats
from sklearn.metrics import average_precision_score

from anomaly.detectors import Detectors
from anomaly.features import Grain
from anomaly.feedback import Reranker

UNION = "all"


def alert_count(rows: int, share: float) -> int:
    """The alert budget of so many rows, at least one."""
    return max(1, round(rows * share))


def alerts(scores: Floats, share: float) -> np.ndarray:
    """Which rows are alerts: those with the highest scores, within the budget."""
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[np.argsort(-scores, kind="stable")[: alert_count(len(scores), share)]] = True
    return chosen


def recalls(chosen: np.ndarray, kinds: pd.Series) -> dict[str, float]:
    """The share of the injected rows that are alerts, by kind and for all kinds together."""
    named = {str(kind): chosen[(kinds == kind).to_numpy()] for kind in sorted(kinds.dropna().unique())}
    return {kind: float(hits.mean()) for kind, hits in named.items()} | {UNION: float(chosen[kinds.notna().to_numpy()].mean())}


def summary(scores: Mapping[int, Mapping[str, Floats]], worlds: pd.DataFrame, share: float) -> dict[str, dict[str, Any]]:
    """Per detector the mean over worlds of the recalls and of PR AUC."""
    kinds = {number: worlds.loc[worlds["world"] == number, "kind"] for number in scores}
    result: dict[str, dict[str, Any]] = {}
    for name in next(iter(scores.values())):
        found = pd.DataFrame([recalls(alerts(own[name], share), kinds[number]) for number, own in scores.items()])
        precision = [average_precision_score(kinds[number].notna(), own[name]) for number, own in scores.items()]
        means = {str(kind): round(float(value), 4) for kind, value in found.mean().items()}
        result[name] = {"recall": means, "pr_auc": round(float(np.mean(precision)), 4)}
    return result


def stability(
    grain: Grain, rows: pd.DataFrame, worlds: pd.DataFrame, name: str, settings: Mapping[str, Any], *, seeds: int
) -> dict[str, float]:
    """The mean share of alerts that two seeds have in common (Jaccard), for the published detector."""
    chosen = []
    for seed in range(seeds):
        fitted = Detectors.fit(grain, rows, seed=settings["seed"] + seed).tuned(rows, worlds[worlds["world"] == 0])
        chosen.append(alerts(fitted.scores(rows, name)[name], settings["alert_share"]))
    shared = [float((one & other).sum() / (one | other).sum()) for one, other in combinations(chosen, 2)]
    return {"seeds": seeds, "alerts_in_common": round(float(np.mean(shared)), 4)}


def reranking_gain(detectors: Detectors, name: str, worlds: pd.DataFrame, tests: Sequence[int], share: float) -> dict[str, float]:
    """Recall in each test world before and after the alerts of the others were confirmed or dismissed, as they truly are."""
    lines = []
    for test in tests:
        others, own = (worlds[worlds["world"].isin(chosen)] for chosen in (set(tests) - {test}, {test}))
        reviewed = others[alerts(detectors.scores(others, name)[name], share)] if len(others) else others
        scores = detectors.scores(own, name)[name]
        reranker = Reranker.fit(detectors, reviewed, reviewed["kind"].notna().to_numpy())
        after = reranker.scores(own, scores) if reranker else scores
        recall = [recalls(alerts(one, share), own["kind"])[UNION] for one in (scores, after)]
        lines.append((len(reviewed), *recall))
    reviewed_alerts, before, after_review = np.mean(lines, axis=0)
    return {
        "reviewed": round(float(reviewed_alerts)),
        "recall_before": round(float(before), 4),
        "recall_after": round(float(after_review), 4),
    }
