"""Maximum likelihood for models with positive parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
# The search is limited to logarithms within ±12; a likelihood without a maximum has leveled off by then.
BOUND = 12.0


def fit_positive(
    likelihood: Callable[[Floats], Floats], weights: Floats, *, start: tuple[float, ...]
) -> tuple[float, ...] | None:
    """The parameters that maximize the mean log-likelihood, each at most e^±BOUND; None if the optimizer finds no maximum.

    `likelihood` returns the log-likelihood of each observation, `weights` is how often each was observed. The search starts
    at `start` and runs over the logarithms of the parameters, which keeps them positive.
    """
    total = float(weights.sum())

    def loss(logs: Floats) -> float:
        return -float(weights @ likelihood(np.exp(logs))) / total

    bounds = [(-BOUND, BOUND)] * len(start)
    first = minimize(loss, np.log(np.asarray(start)), method="L-BFGS-B", bounds=bounds, tol=1e-12)
    if not first.success or not np.isfinite(first.fun):
        return None
    # The gradient is numeric, and its noise limits L-BFGS-B; the simplex refines the result. On a flat ridge it may
    # stop without converging, which is harmless, so its success is not required.
    refined = minimize(
        loss, first.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 1000}
    )
    return tuple(float(value) for value in np.exp(refined.x))
