"""Searches for the most likely parameters: failed starts, no maximum, and flat directions."""

from __future__ import annotations

import numpy as np
import pytest

from glue_jobs.algorithms.customer_value.maximum_likelihood import Fit, Floats, fit_positive


def test_a_search_that_fails_is_repeated_from_another_start():
    # GIVEN a likelihood with its maximum at 3, which is not a number above 100 and has no slope at 50
    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        (value,) = parameters
        if value > 50:
            return np.array([np.nan if value > 100 else -9.0]), np.array([[np.nan if value > 100 else 1.0]])
        return np.array([np.log(value) - value / 3]), np.array([[1 / value - 1 / 3]])

    def fitted(*starts: float) -> Fit | None:
        return fit_positive(likelihood, np.ones(1), starts=[(start,) for start in starts])

    # THEN the starts that lead nowhere do not matter, even if all that were named do
    for starts in ((1000.0, 1.0), (1000.0, 200.0), (60.0,)):
        found = fitted(*starts)
        assert found is not None
        assert found.parameters == pytest.approx((3.0,), rel=1e-5)


def test_a_likelihood_that_rises_for_ever_has_no_maximum():
    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        (value,) = parameters
        return np.array([np.nan if value > 1e5 else value]), np.array([[1.0]])

    assert fit_positive(likelihood, np.ones(1), starts=[(1.0,), (10.0,)]) is None


def test_parameters_that_make_no_difference_are_named():
    # GIVEN a likelihood that depends on the product of two parameters only, and on a third
    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        one, two, three = parameters
        slope = -2 * np.log(one * two / 6)
        value = -(np.log(one * two / 6) ** 2) - np.log(three / 5) ** 2
        return np.array([value]), np.array([[slope / one], [slope / two], [-2 * np.log(three / 5) / three]])

    found = fit_positive(likelihood, np.full(1, 100.0), starts=[(1.0, 1.0, 1.0)])
    assert found is not None
    assert found.undetermined == (0, 1)
    assert found.parameters[0] * found.parameters[1] == pytest.approx(6)
    assert found.parameters[2] == pytest.approx(5)
