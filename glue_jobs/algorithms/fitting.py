"""Maximum likelihood for models whose parameters are all positive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
# Parameters beyond e^±12 say that the data do not tell them.
BOUND = 12.0


def fit_positive(likelihood: Callable[[Floats], Floats], weights: Floats, *, start: tuple[float, ...]) -> tuple[float, ...] | None:
    """The parameters with the greatest mean log-likelihood; None where the search finds no maximum within its bounds.

    `likelihood` gives the log-likelihood of each observation, `weights` how many times it was observed. The search is over the
    logarithms of the parameters, so that they stay positive, from `start`.
    """
    total = float(weights.sum())

    def loss(logs: Floats) -> float:
        return -float(weights @ likelihood(np.exp(logs))) / total

    found = minimize(loss, np.log(np.asarray(start)), method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * len(start), tol=1e-12)
    # The gradient is taken by differences; the simplex finishes where their noise ends.
    found = minimize(loss, found.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 4000})
    if not found.success or not np.isfinite(found.fun) or np.any(np.abs(found.x) >= BOUND):
        return None
    return tuple(float(value) for value in np.exp(found.x))
