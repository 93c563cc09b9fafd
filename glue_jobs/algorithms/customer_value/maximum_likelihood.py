"""Maximum likelihood for models whose parameters are all positive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
# Logarithms of parameters are sought within ±12: there a likelihood that only levels off has long done so.
BOUND = 12.0


def fit_positive(
    likelihood: Callable[[Floats], Floats], weights: Floats, *, start: tuple[float, ...]
) -> tuple[float, ...] | None:
    """The parameters with the greatest mean log-likelihood, of each at most e^±BOUND; None where the search finds no maximum.

    `likelihood` gives the log-likelihood of each observation, `weights` how many times it was observed. The search is over the
    logarithms of the parameters, so that they stay positive, from `start`.
    """
    total = float(weights.sum())

    def loss(logs: Floats) -> float:
        return -float(weights @ likelihood(np.exp(logs))) / total

    bounds = [(-BOUND, BOUND)] * len(start)
    begun = minimize(loss, np.log(np.asarray(start)), method="L-BFGS-B", bounds=bounds, tol=1e-12)
    if not begun.success or not np.isfinite(begun.fun):
        return None
    # The gradient is taken by differences; the simplex finishes where their noise ends. Along a level ridge it may wander on
    # without gaining anything, so it is not asked to come to rest.
    found = minimize(loss, begun.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 1000})
    return tuple(float(value) for value in np.exp(found.x))
