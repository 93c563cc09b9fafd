"""Gamma-Gamma: how much customers will spend per purchase.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value. The value of a purchase is gamma(p, nu) within a customer, nu
is gamma(q, v) over customers, and value is independent of frequency. A history is x, the number of purchases after the first,
and m, their mean value, which is positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.special import gammaln

from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats, fit_positive


@dataclass(frozen=True)
class GammaGamma:
    """The fitted model; `v` is in the data's unit of money. The mean over customers exists if q > 1."""

    p: float
    q: float
    v: float

    def expected_value(self, x: Column, mean: Column) -> Column:
        """The expected value of a customer's next purchases, as a column.

        Equation 5 of the note: the customer's mean, shrunk toward the overall mean the more the smaller x is. Customers without
        a repeat purchase get the overall mean.
        """
        own = F.when(x > 0, x * mean).otherwise(F.lit(0.0))
        return F.lit(self.p) * (F.lit(self.v) + own) / (F.lit(self.p) * x + F.lit(self.q) - 1)


def fit_gamma_gamma(x: Floats, mean: Floats, weights: Floats) -> GammaGamma | None:
    """Fit by maximum likelihood (equation 1a) to customers with x > 0 purchases of a positive mean value.

    None if there is no maximum, or none with a finite mean (q > 1). Values are scaled to mean 1 for the optimizer.
    """
    scale = float(np.average(mean, weights=weights))
    m = mean / scale

    def likelihood(parameters: Floats) -> Floats:
        p, q, v = parameters
        result: Floats = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        result += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
        return result

    fitted = fit_positive(likelihood, weights, start=(2.0, 4.0, 1.0))
    if fitted is None or fitted[1] <= 1:
        return None
    p, q, v = fitted
    return GammaGamma(p, q, v * scale)
