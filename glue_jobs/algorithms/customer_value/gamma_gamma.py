"""How much customers will spend a purchase: the Gamma-Gamma model.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value. The value of a purchase is gamma(p, nu) within a customer, nu is
gamma(q, v) over customers, and value does not depend on how often one buys. A customer's history is x, the purchases after the
first one, and m, their mean value, which is positive.
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
    """The fitted model; `v` is in the unit of money of the data. The mean over customers exists where q > 1."""

    p: float
    q: float
    v: float

    def expected_value(self, x: Column, mean: Column) -> Column:
        """The expected value of a customer's next purchases, as a column.

        Equation 5 of the note: the customer's own mean, drawn toward that of all by as much as x is small. That of all for
        those who never came back.
        """
        own = F.when(x > 0, x * mean).otherwise(F.lit(0.0))
        return F.lit(self.p) * (F.lit(self.v) + own) / (F.lit(self.p) * x + F.lit(self.q) - 1)


def fit_gamma_gamma(x: Floats, mean: Floats, weights: Floats) -> GammaGamma | None:
    """The model of greatest likelihood (equation 1a) for customers with x > 0 purchases of a positive mean value.

    None where it has no maximum, or none with a finite mean (q > 1). Scaled so that the mean value is 1, for the search's sake.
    """
    scale = float(np.average(mean, weights=weights))
    m = mean / scale

    def likelihood(parameters: Floats) -> Floats:
        p, q, v = parameters
        result: Floats = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        result += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
        return result

    found = fit_positive(likelihood, weights, start=(2.0, 4.0, 1.0))
    if found is None or found[1] <= 1:
        return None
    p, q, v = found
    return GammaGamma(p, q, v * scale)
