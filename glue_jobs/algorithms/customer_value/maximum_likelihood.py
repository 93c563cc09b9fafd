"""Maximum likelihood for models with positive parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

Floats = NDArray[np.float64]
# Log-likelihoods of the observations at some parameters, and their gradients: one row per parameter.
Likelihood = Callable[[Floats], tuple[Floats, Floats]]
# The search is limited to logarithms within ±12; a likelihood without a maximum has leveled off by then.
BOUND = 12.0
SEARCH = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxls": 50}
# A search that ends with a steeper slope than this has not come to a maximum.
MAX_SLOPE = 1e-4
STEP = 1e-4
# A direction in which the logarithms have a larger standard error is flat: its parameters may be off by a factor of 150.
MAX_STANDARD_ERROR = 5.0
MIN_SHARE = 0.1
# Where every start fails, so many others are tried, drawn around them: a search may only fail from where it began.
RETRIES = 24
RETRY_SPREAD = 2.0


@dataclass(frozen=True)
class Fit:
    """The most likely parameters. `undetermined` has the places of those that could be very different at equal likelihood."""

    parameters: tuple[float, ...]
    undetermined: tuple[int, ...]


def fit_positive(likelihood: Likelihood, weights: Floats, *, starts: Sequence[tuple[float, ...]]) -> Fit | None:
    """The parameters that maximize the mean log-likelihood, each at most e^±BOUND; None if no search finds a maximum.

    `weights` is how often each observation was seen. The searches run over the logarithms of the parameters, which keeps
    them positive. Each start is tried and the most likely result is taken: a search can fail, or end early on a flat ridge.
    If all fail, other starts are tried until one does not.
    """
    total = float(weights.sum())

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        values, gradients = likelihood(parameters)
        return -float(weights @ values) / total, -(gradients @ weights) * parameters / total

    with np.errstate(all="ignore"):
        searches = [_search(loss, start) for start in starts]
        results = [result for result in searches if _is_maximum(result)]
        if not results:
            retries = (_search(loss, start) for start in _other_starts(starts))
            results = list(islice((result for result in retries if _is_maximum(result)), 1))
        if not results:
            return None
        best = min(results, key=lambda result: float(result.fun))
        return Fit(tuple(float(value) for value in np.exp(best.x)), _undetermined(loss, best.x, total))


def _other_starts(starts: Sequence[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    """The same ones at every run."""
    random = np.random.default_rng(0)
    for retry in range(RETRIES):
        logs = np.log(starts[retry % len(starts)])
        yield tuple(np.exp(np.clip(random.normal(logs, RETRY_SPREAD), -BOUND, BOUND)).tolist())


def _search(loss: Callable[[Floats], tuple[float, Floats]], start: tuple[float, ...]) -> OptimizeResult:
    bounds = [(-BOUND, BOUND)] * len(start)
    return minimize(loss, np.log(np.asarray(start)), jac=True, method="L-BFGS-B", bounds=bounds, options=SEARCH)


def _is_maximum(result: OptimizeResult) -> bool:
    """Whether the slope has vanished, but for parameters at a bound. Rounding can end a search that has come so far."""
    outward = (np.abs(result.x) >= BOUND) & (np.sign(result.x) != np.sign(result.jac))
    return bool(np.isfinite(result.fun) and np.all(np.abs(result.jac[~outward]) < MAX_SLOPE))


def _undetermined(loss: Callable[[Floats], tuple[float, Floats]], logs: Floats, total: float) -> tuple[int, ...]:
    """The places of the parameters that change along a flat direction, by the observed information."""
    steps = STEP * np.eye(len(logs))
    slopes = np.array([(loss(logs + step)[1] - loss(logs - step)[1]) / (2 * STEP) for step in steps])
    information, directions = np.linalg.eigh((slopes + slopes.T) / 2 * total)
    flat = directions[:, information < MAX_STANDARD_ERROR**-2]
    return tuple(int(place) for place in np.flatnonzero((flat**2 > MIN_SHARE).any(axis=1)))
