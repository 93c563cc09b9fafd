"""Gamma-Gamma: how much customers will spend per purchase.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value. The value of a purchase is gamma(p, nu) within a customer, nu
is gamma(q, v) over customers, and value is independent of frequency. A history is x, the number of purchases after the first,
and m, their mean value, which is positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.special import betaln, digamma

from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats, fit_positive

# Of p, q and v, for values with mean 1.
STARTS = ((2.0, 4.0, 1.0), (6.0, 3.0, 0.5), (0.5, 10.0, 5.0), (1.0, 1.5, 1.0))


@dataclass(frozen=True)
class GammaGamma:
    """The fitted model; `v` is in the data's unit of money. The mean over customers exists if q > 1.

    The data leave the `undetermined` parameters open.
    """

    p: float
    q: float
    v: float
    undetermined: tuple[str, ...] = field(default=(), compare=False)

    def expected_value(self, x: Column, mean: Column) -> Column:
        """The expected value of a customer's next purchases, as a column.

        Equation 5 of the note: the customer's mean, shrunk toward the overall mean the more the smaller x is. Customers without
        a repeat purchase get the overall mean.
        """
        own = F.when(x > 0, x * mean).otherwise(F.lit(0.0))
        return F.lit(self.p) * (F.lit(self.v) + own) / (F.lit(self.p) * x + F.lit(self.q) - 1)


def fit_gamma_gamma(x: Floats, mean: Floats, weights: Floats) -> GammaGamma | None:
    """Fit by maximum likelihood (equation 1a) to histories with x > 0 and a positive mean, each counted `weights` times.

    None if there is no maximum, or none with a finite mean (q > 1). Values are scaled to mean 1 for the optimizer.
    """
    scale = float(np.average(mean, weights=weights))
    m = mean / scale
    spent, counts = x * m, np.unique(x)
    place = np.searchsorted(counts, x)

    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        p, q, v = parameters
        to_own, to_all = np.log1p(v / spent), np.log1p(spent / v)
        total = digamma(p * counts + q)
        gradients = [
            (counts * (total - digamma(p * counts)))[place] - x * to_own,
            (total - digamma(q))[place] - to_all,
            (q * spent / v - p * x) / (spent + v),
        ]
        return -betaln(p * counts, q)[place] - p * x * to_own - q * to_all - np.log(m), np.stack(gradients)

    fitted = fit_positive(likelihood, weights, starts=STARTS)
    if fitted is None or fitted.parameters[1] <= 1:
        return None
    p, q, v = fitted.parameters
    return GammaGamma(p, q, v * scale, tuple("pqv"[place] for place in fitted.undetermined))
