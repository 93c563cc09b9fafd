"""How often customers will buy: the BG/NBD model.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science
24(2). While alive a customer buys at random with a rate that is gamma(r, alpha) over customers, and after each purchase leaves
for good with a probability that is beta(a, b) over customers. A customer's history is x, the purchases after the first one,
t_x, the time from the first to the last, and T, the time from the first to the end of observation; all times in one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.special import betaincinv, gammaln, hyp2f1

from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats, fit_positive

# Of the quadrature over the chance of leaving.
NODES = 64


@dataclass(frozen=True)
class BgNbd:
    """The fitted model; `alpha` is in the unit of time of the data."""

    r: float
    alpha: float
    a: float
    b: float

    def orders_if_alive(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """Expected purchases within `horizon` times the odds that `alive` divides by; see `alive`. Driver, NumPy.

        Equation 10 of the paper without its denominator, so a function of x and T alone. Euler's transformation of the
        hypergeometric function keeps its terms small however large x is; not so where a and b are large.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        z = horizon / (alpha + age + horizon)
        with np.errstate(all="ignore"):
            remaining = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
            result: Floats = (a + b + x - 1) / (a - 1) * (1 - remaining)
        beyond = ~np.isfinite(result)
        result[beyond] = self._mean_over_leaving(x[beyond], age[beyond], horizon)
        return result

    def _mean_over_leaving(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """The same as a mean over the chance p of leaving, which is beta(a, b + x), of what is expected for a given p."""
        places, shares = leggauss(NODES)
        p = betaincinv(self.a, self.b + x[:, None], (places + 1) / 2)
        p = np.maximum(p, np.finfo(float).tiny)
        given_p = -np.expm1(-(self.r + x[:, None]) * np.log1p(p * (horizon / (self.alpha + age))[:, None])) / p
        result: Floats = given_p @ shares / 2
        return result

    def alive(self, x: Column, recency: Column, age: Column) -> Column:
        """The probability that a customer has not left, as a column; 1 for those who never came back, as the model has it."""
        ratio = (F.lit(self.alpha) + age) / (F.lit(self.alpha) + recency)
        odds = F.lit(self.a) / (F.lit(self.b) + x - 1) * F.pow(ratio, F.lit(self.r) + x)
        return F.when(x > 0, 1 / (1 + odds)).otherwise(F.lit(1.0))


def fit_bg_nbd(x: Floats, recency: Floats, age: Floats, weights: Floats) -> BgNbd | None:
    """The model of greatest likelihood (equation 6) for customers with these histories, each seen `weights` times.

    None where it has no maximum, as when nobody came back. Scaled so that the longest age is 10, for the search's sake.
    """
    scale = 10.0 / max(float(age.max()), 1.0)
    t_x, end = recency * scale, age * scale

    def likelihood(parameters: Floats) -> Floats:
        r, alpha, a, b = parameters
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        stayed = -(r + x) * np.log(alpha + end)
        left = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        result: Floats = common + np.logaddexp(stayed, np.where(x > 0, left, -np.inf))
        return result

    found = fit_positive(likelihood, weights, start=(0.5, 1.0, 0.5, 1.0))
    if found is None:
        return None
    r, alpha, a, b = found
    return BgNbd(r, alpha / scale, a, b)
