"""Metrics of probabilities, with bootstrap intervals. Each resample draws rows with replacement; models share the resamples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats], float]
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A metric and its 95 % interval."""

    value: float
    low: float
    high: float

    def rounded(self) -> dict[str, float]:
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


class Ranking:
    """Outcomes in the order of a score. Weights count how often each row was drawn."""

    def __init__(self, outcome: Floats, score: Floats) -> None:
        self.order = np.argsort(score, kind="stable")
        self.outcome = outcome[self.order]
        ranked = score[self.order]
        self.starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))

    def _ties(self, weights: Floats) -> tuple[Floats, Floats]:
        """Positives and negatives by distinct score, from low to high."""
        ordered = weights[self.order]
        positives = np.add.reduceat(ordered * self.outcome, self.starts)
        return positives, np.add.reduceat(ordered, self.starts) - positives

    def roc_auc(self, weights: Floats) -> float:
        positives, negatives = self._ties(weights)
        below = np.cumsum(negatives) - negatives
        return float(positives @ (below + negatives / 2) / (positives.sum() * negatives.sum()))

    def average_precision(self, weights: Floats) -> float:
        positives, negatives = (counts[::-1] for counts in self._ties(weights))
        found = np.cumsum(positives)
        picked = found + np.cumsum(negatives)
        precision = np.divide(found, picked, out=np.zeros_like(found), where=picked > 0)
        return float(positives @ precision / positives.sum())


def measures(outcome: Floats, probability: Floats) -> dict[str, Measure]:
    """The metrics of one model, each a function of weights."""
    ranking, errors = Ranking(outcome, probability), (probability - outcome) ** 2
    return {
        "roc_auc": ranking.roc_auc,
        "pr_auc": ranking.average_precision,
        "brier": lambda weights: float(weights @ errors / weights.sum()),
    }


def evaluate(
    outcome: Floats, probabilities: Mapping[str, Floats], *, reference: str, resamples: int, seed: int
) -> dict[str, dict[str, Estimate]]:
    """Per model its metrics, and `roc_auc_difference`: its ROC AUC minus that of the reference on the same resamples."""
    by_model = {name: measures(outcome, probability) for name, probability in probabilities.items()}

    def values(weights: Floats) -> dict[tuple[str, str], float]:
        result = {(name, metric): measure(weights) for name, own in by_model.items() for metric, measure in own.items()}
        simple = result[reference, "roc_auc"]
        return result | {(name, "roc_auc_difference"): result[name, "roc_auc"] - simple for name in by_model}

    draws = [values(weights) for weights in bootstrap_weights(outcome, resamples=resamples, seed=seed)]
    exact = values(np.ones(len(outcome)))
    estimates: dict[str, dict[str, Estimate]] = {name: {} for name in by_model}
    for (name, metric), value in exact.items():
        low, high = np.percentile([draw[name, metric] for draw in draws], INTERVAL)
        estimates[name][metric] = Estimate(value, float(low), float(high))
    return estimates


def bootstrap_weights(outcome: Floats, *, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each row is drawn, per resample; resamples with one class only are drawn again."""
    random, rows, drawn = np.random.default_rng(seed), len(outcome), 0
    while drawn < resamples:
        weights = np.bincount(random.integers(0, rows, rows), minlength=rows).astype(np.float64)
        if 0 < weights @ outcome < weights.sum():
            drawn += 1
            yield weights


def deciles(outcome: Floats, probability: Floats) -> list[dict[str, float]]:
    """Per tenth of the rows, highest probability first: churn rate, lift over the mean rate and cumulative share of churners."""
    order = np.argsort(-probability, kind="stable")
    parts = np.array_split(order, 10)
    rate, total, found = outcome.mean(), outcome.sum(), 0.0
    rows = []
    for number, part in enumerate(parts, 1):
        if not len(part):
            continue
        found += outcome[part].sum()
        rows.append(
            {
                "decile": number,
                "customers": len(part),
                "mean_probability": round(float(probability[part].mean()), 4),
                "churn_rate": round(float(outcome[part].mean()), 4),
                "lift": round(float(outcome[part].mean() / rate), 3),
                "gain": round(float(found / total), 4),
            }
        )
    return rows


def profit_curve(outcome: Floats, probability: Floats, *, contact_cost: float, value_kept: float) -> list[dict[str, float]]:
    """Profit of contacting the customers with the highest probability, by share of customers contacted.

    Each contact costs `contact_cost`; each churner among them is worth `value_kept`, the expected value that the contact keeps.
    """
    reached = outcome[np.argsort(-probability, kind="stable")]
    shares = np.linspace(0.05, 1.0, 20)
    counts = np.round(shares * len(reached)).astype(int)
    found = np.concatenate(([0.0], np.cumsum(reached)))[counts]
    profit = found * value_kept - counts * contact_cost
    return [
        {"share_contacted": round(float(share), 2), "profit": round(float(value), 2)}
        for share, value in zip(shares, profit, strict=True)
    ]
