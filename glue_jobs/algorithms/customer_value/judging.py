"""How good forecasts of a mean are: squared error and Poisson deviance first, then order, bias, calibration, absolute error.

The mean minimizes squared error and Poisson deviance. Absolute error is smallest at the median, which is 0 where most customers
buy nothing, so it comes last. A case is one customer and one cutoff. A customer may have several, so standard errors are
clustered by customer. All of it runs on the driver in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
INTERVAL = 1.959964  # standard errors of a 95 % interval
TENTHS = 10


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where it has none."""

    value: float
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class Cases:
    """What customers did. `customers` numbers the customer of each case."""

    actual: Floats
    customers: NDArray[np.int64]

    def mean(self, values: Floats, *, scale: float = 1.0) -> Estimate:
        """`scale` times the mean of a value per case, with the standard error clustered by customer."""
        _, place = np.unique(self.customers, return_inverse=True)
        mean = float(values.mean())
        sums = np.bincount(place, weights=values - mean)
        correction = len(sums) / max(len(sums) - 1, 1)
        half = INTERVAL * float(np.sqrt(correction * np.sum(sums**2))) / len(values) * scale
        return Estimate(mean * scale, mean * scale - half, mean * scale + half)


def judge(cases: Cases, forecast: Floats, *, counts: bool) -> dict[str, Estimate]:
    """By measure. The Poisson deviance is that of `counts`; it is infinite, and missing, if a buyer was forecast nothing."""
    actual, error = cases.actual, forecast - cases.actual
    measures = {"rmse": _root(cases, error**2)}
    if counts and np.all((forecast > 0) | (actual == 0)):
        measures["poisson_deviance"] = cases.mean(_deviances(actual, forecast))
    ranks, actual_ranks = rankdata(forecast), rankdata(actual)
    measures["spearman"] = Estimate(_ratio(_covariance(ranks, actual_ranks), float(ranks.std() * actual_ranks.std())))
    measures["gini"] = Estimate(_ratio(_covariance(ranks, actual), _covariance(actual_ranks, actual)))
    if actual.mean() > 0:
        bias = float(error.mean() / actual.mean())
        around = cases.mean(error - bias * actual, scale=1 / float(actual.mean()))
        measures["bias"] = Estimate(bias, bias + (around.ci_low or 0.0), bias + (around.ci_high or 0.0))
        off = [abs(float(error[tenth].sum())) for tenth in tenths(forecast).values()]
        measures["calibration"] = Estimate(sum(off) / float(actual.sum()))
    measures["mae"] = cases.mean(np.abs(error))
    return measures


def improvement(cases: Cases, forecast: Floats, baseline: Floats) -> Estimate:
    """By how much the RMSE is below the baseline's. The interval is that of the difference of squared errors."""
    ours, theirs = (forecast - cases.actual) ** 2, (baseline - cases.actual) ** 2
    roots = float(np.sqrt(ours.mean()) + np.sqrt(theirs.mean()))
    return cases.mean(theirs - ours, scale=_ratio(1.0, roots))


def tenths(forecast: Floats) -> dict[int, NDArray[np.bool_]]:
    """The cases of each tenth by forecast; 1 is the highest. Equal forecasts share a tenth, so tenths may differ in size."""
    doubled = np.rint(2 * rankdata(forecast)).astype(np.int64)
    place = TENTHS - (doubled - 1) * TENTHS // (2 * len(forecast))
    return {int(tenth): place == tenth for tenth in np.unique(place)}


def _root(cases: Cases, squares: Floats) -> Estimate:
    mean = cases.mean(squares)
    low, high = (max(end or 0.0, 0.0) ** 0.5 for end in (mean.ci_low, mean.ci_high))
    return Estimate(mean.value**0.5, low, high)


def _deviances(actual: Floats, forecast: Floats) -> Floats:
    bought = actual > 0
    logs = np.log(np.where(bought, actual, 1.0) / np.where(bought, forecast, 1.0))
    each: Floats = 2 * (actual * logs - actual + forecast)
    return each


def _covariance(one: Floats, other: Floats) -> float:
    return float(np.mean((one - one.mean()) * (other - other.mean())))


def _ratio(part: float, total: float) -> float:
    """0 where the total is: forecasts that are all equal order nobody."""
    return part / total if total > 0 else 0.0
