"""BG/NBD: how often customers will buy.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science
24(2). While active, a customer buys at random with a rate that is gamma(r, alpha) over customers. After each purchase the
customer becomes inactive with a probability that is beta(a, b) over customers. A history is x, the number of purchases after
the first, t_x, the time from the first to the last, and T, the time from the first to the end of observation, in one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import betaincinv, hyp2f1

from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats, fit_positive

QUADRATURE_NODES = 64
MANY_HISTORIES = 4_000
# Of r, alpha, a and b, for ages up to 10.
STARTS = ((0.5, 1.0, 0.5, 1.0), (0.1, 0.1, 0.1, 1.0), (2.0, 5.0, 1.0, 5.0), (1.0, 1.0, 5.0, 20.0))


@dataclass(frozen=True)
class BgNbd:
    """The fitted model; `alpha` is in the data's unit of time. The data leave the `undetermined` parameters open."""

    r: float
    alpha: float
    a: float
    b: float
    undetermined: tuple[str, ...] = field(default=(), compare=False)

    def orders_if_alive(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """Expected purchases within `horizon`, before multiplying by `alive`. Runs on the driver in NumPy.

        Equation 10 of the paper without its denominator, so it depends on x and T only. Euler's transformation of the
        hypergeometric function keeps its terms small for large x. Where it overflows (large a and b) it is integrated instead.
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
        """The same by quadrature over the dropout probability p, which is beta(a, b + x)."""
        places, shares = leggauss(QUADRATURE_NODES)
        counts, place = np.unique(x, return_inverse=True)
        p = betaincinv(self.a, self.b + counts[:, None], (places + 1) / 2)[place]
        p = np.maximum(p, np.finfo(float).tiny)
        orders_by_p = -np.expm1(-(self.r + x[:, None]) * np.log1p(p * (horizon / (self.alpha + age))[:, None])) / p
        result: Floats = orders_by_p @ shares / 2
        return result

    def odds_of_having_left(self, x: Any, recency: Any, age: Any) -> Any:
        """The odds that a customer with a repeat purchase is no longer active, of columns or of arrays."""
        ratio = (self.alpha + age) / (self.alpha + recency)
        return self.a / (self.b + x - 1) * ratio ** (self.r + x)

    def probability_alive(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        """The probability that a customer is still active. It is 1 without a repeat purchase, as in the model."""
        with np.errstate(all="ignore"):
            return np.where(x > 0, 1 / (1 + self.odds_of_having_left(x, recency, age)), 1.0)


def fit_bg_nbd(x: Floats, recency: Floats, age: Floats, weights: Floats) -> BgNbd | None:
    """Fit by maximum likelihood (equation 6) to customers with these histories, each counted `weights` times.

    None if there is no maximum. Times are scaled to a maximum age of 10 for the optimizer. Of many histories a part is fitted
    first, from every start, and all of them from where that leads.
    """
    scale = 10.0 / max(float(age.max()), 1.0)
    starts: tuple[tuple[float, ...], ...] = STARTS
    if len(x) > MANY_HISTORIES:
        part = slice(None, None, 1 + len(x) // MANY_HISTORIES)
        near = fit_bg_nbd(x[part], recency[part], age[part], weights[part])
        starts = ((near.r, near.alpha * scale, near.a, near.b),) if near else starts
    t_x, end = recency * scale, age * scale
    before_last = np.maximum(x, 1) - 1

    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = parameters
        (rate, by_rate), (stays, by_stays), (either, by_either) = (_rising(value, x) for value in (r, b, a + b))
        until_end, until_last = np.log(alpha + end), np.log(alpha + t_x)
        stayed = -(r + x) * until_end
        left = np.where(x > 0, np.log(a) - np.log(b + before_last) - (r + x) * until_last, -np.inf)
        mixed = np.logaddexp(stayed, left)
        share = np.exp(left - mixed)
        gradients = [
            by_rate + np.log(alpha) - (1 - share) * until_end - share * until_last,
            r / alpha - (r + x) * ((1 - share) / (alpha + end) + share / (alpha + t_x)),
            share / a - by_either,
            by_stays - by_either - share / (b + before_last),
        ]
        return rate + r * np.log(alpha) + stays - either + mixed, np.stack(gradients)

    fitted = fit_positive(likelihood, weights, starts=starts)
    if fitted is None:
        return None
    r, alpha, a, b = fitted.parameters
    return BgNbd(r, alpha / scale, a, b, tuple("r alpha a b".split()[place] for place in fitted.undetermined))


def _rising(start: float, x: Floats) -> tuple[Floats, Floats]:
    """log(start (start + 1) … (start + x - 1)) of each whole number x, and its derivative by `start`.

    Sums are exact where differences of log-gamma functions are not: for a large start.
    """
    factors = start + np.arange(int(x.max(initial=0)))
    places = x.astype(np.int64)
    logs, slopes = (np.concatenate(([0.0], np.cumsum(terms))) for terms in (np.log(factors), 1 / factors))
    return logs[places], slopes[places]
