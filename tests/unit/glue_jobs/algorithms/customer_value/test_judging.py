"""Measures of forecasts against scikit-learn's and SciPy's, and the choice of a method by hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import trapezoid

from glue_jobs.algorithms.customer_value.backtest import Backtest, Comparison
from glue_jobs.algorithms.customer_value.judging import Cases, Floats, improvement, judge, tenths

RANDOM = np.random.default_rng(20250331)


def cases(actual: list[float], customers: list[int] | None = None) -> Cases:
    return Cases(np.array(actual), np.array(customers or range(len(actual))))


def gini(actual: Floats, order: Floats) -> float:
    """Twice the area between the Lorenz curve of `actual` in an order without ties and the diagonal."""
    lorenz = np.concatenate([[0.0], np.cumsum(actual[np.argsort(order)]) / actual.sum()])
    return 1 - 2 * float(trapezoid(lorenz, dx=1 / len(actual)))


def test_measures_equal_those_of_other_libraries():
    from scipy.stats import spearmanr
    from sklearn.metrics import mean_absolute_error, mean_poisson_deviance, root_mean_squared_error

    actual, forecast = RANDOM.poisson(1.5, 400).astype(float), RANDOM.gamma(2.0, 0.7, 400)
    measured = {name: estimate.value for name, estimate in judge(cases(actual.tolist()), forecast, counts=True).items()}
    assert list(measured) == ["rmse", "poisson_deviance", "spearman", "gini", "bias", "calibration", "mae"]
    assert measured["rmse"] == pytest.approx(root_mean_squared_error(actual, forecast))
    assert measured["poisson_deviance"] == pytest.approx(mean_poisson_deviance(actual, forecast))
    assert measured["spearman"] == pytest.approx(spearmanr(actual, forecast).statistic)
    assert measured["bias"] == pytest.approx(forecast.sum() / actual.sum() - 1)
    assert measured["mae"] == pytest.approx(mean_absolute_error(actual, forecast))
    parts = np.array_split(np.argsort(-forecast), 10)
    assert measured["calibration"] == pytest.approx(
        sum(abs(forecast[part].sum() - actual[part].sum()) for part in parts) / actual.sum()
    )
    # AND the Gini coefficient, of actual amounts without ties
    amounts = RANDOM.gamma(1.0, 50.0, 400)
    expected = gini(amounts, forecast) / gini(amounts, amounts)
    assert judge(cases(amounts.tolist()), forecast, counts=False)["gini"].value == pytest.approx(expected)


def test_a_constant_orders_nobody_and_a_forecast_of_nothing_has_no_deviance():
    measured = judge(cases([0.0, 2.0, 4.0]), np.zeros(3), counts=True)
    assert "poisson_deviance" not in measured
    assert (measured["spearman"].value, measured["gini"].value, measured["bias"].value) == (0.0, 0.0, -1.0)
    # AND amounts have no Poisson deviance, and where nobody bought there is no bias either
    assert "poisson_deviance" not in judge(cases([1.0, 2.0]), np.ones(2), counts=False)
    assert set(judge(cases([0.0, 0.0]), np.ones(2), counts=True)) == {"rmse", "poisson_deviance", "spearman", "gini", "mae"}


def test_two_cases_of_a_customer_count_as_one_observation():
    # GIVEN errors of 1 and 3, each seen twice
    twice = cases([0.0] * 4, [7, 7, 9, 9]).mean(np.array([1.0, 1.0, 3.0, 3.0]))
    once = cases([0.0] * 2).mean(np.array([1.0, 3.0]))
    # THEN the interval is that of two observations: 1.96 standard errors of sqrt(2) / sqrt(2)
    assert (once.value, once.ci_low, once.ci_high) == pytest.approx((2.0, 2 - 1.959964, 2 + 1.959964))
    assert (twice.value, twice.ci_low, twice.ci_high) == pytest.approx((2.0, 2 - 1.959964, 2 + 1.959964))


def test_an_improvement_is_that_of_the_root_and_its_interval_that_of_squares():
    # GIVEN squared errors of 1 and 1, and of 9 and 25 for the baseline: roots of 1 and of the root of 17, differences 8 and 24
    gain = improvement(cases([5.0, 5.0]), np.array([6.0, 4.0]), np.array([2.0, 10.0]))
    assert gain.value == pytest.approx(17**0.5 - 1)
    assert gain.ci_low == pytest.approx((16 - 1.959964 * 8) / (17**0.5 + 1))


def test_equal_forecasts_share_a_tenth():
    members = tenths(np.array([0.0] * 5 + [1.0, 2.0, 3.0, 4.0, 9.0]))
    assert {tenth: int(rows.sum()) for tenth, rows in members.items()} == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 8: 5}
    assert list(np.flatnonzero(members[1])) == [9]


def comparison(days: int, target: str = "purchases", **errors: float) -> Comparison:
    """100 customers who bought ten times; each method is off by its error, one up and one down, and a little more for some."""
    signs = np.resize([1.0, -1.0], 100) * (1 + np.arange(100) / 1000)
    methods = {name: 10 + error * signs for name, error in errors.items()}
    return Comparison(target, days, cases([10.0] * 100), methods)


def published(*comparisons: Comparison, fitted: bool = True) -> str:
    return Backtest(comparisons, {}).published("purchases", fitted=fitted)


def test_models_are_published_where_they_beat_the_best_baseline_at_every_horizon():
    baselines = {"own_rate": 3.0, "naive_previous_period": 2.0, "constant_mean": 4.0, "zero": 9.0}
    won, lost = (comparison(days, bg_nbd_gamma_gamma=error, **baselines) for days, error in ((90, 1.0), (180, 2.5)))
    assert (won.best_baseline, won.is_won, lost.is_won) == ("naive_previous_period", True, False)
    assert published(won) == "bg_nbd_gamma_gamma"
    # AND otherwise the baseline that is best at the shortest horizon is, as it is where the models cannot be fitted
    assert published(won, lost) == "naive_previous_period"
    assert published(won, fitted=False) == "naive_previous_period"
    unfitted = comparison(90, **baselines)
    assert (unfitted.gain, published(unfitted)) == (None, "naive_previous_period")
    # AND what is judged of value says nothing of purchases, and without a backtest customers go on at their own rate
    assert published(comparison(90, "value", bg_nbd_gamma_gamma=1.0, **baselines)) == "own_rate"


def test_an_improvement_within_the_interval_is_none():
    # GIVEN a model that is better for 51 customers and worse by as much for 49
    actual, near, far = np.full(100, 10.0), np.full(100, 11.0), np.full(100, 12.0)
    half = np.arange(100) < 51
    methods = {"own_rate": np.where(half, far, near), "bg_nbd_gamma_gamma": np.where(half, near, far)}
    methods |= dict.fromkeys(("naive_previous_period", "constant_mean", "zero"), np.zeros(100))
    even = Comparison("purchases", 90, Cases(actual, np.arange(100)), methods)
    assert even.gain is not None
    assert even.gain.value > 0
    assert not even.is_won
    assert published(even) == "own_rate"


def test_scores_name_the_baseline_of_the_models_and_the_tenths_of_what_is_published():
    scores = {
        (score.model, score.metric): score
        for score in comparison(
            90, own_rate=2.0, naive_previous_period=3.0, constant_mean=4.0, zero=9.0, bg_nbd_gamma_gamma=1.0
        ).scores("bg_nbd_gamma_gamma")
    }
    model = scores["bg_nbd_gamma_gamma", "mae_purchases_90"]
    assert (model.baseline, model.baseline_score) == ("own_rate", scores["own_rate", "mae_purchases_90"].estimate.value)
    assert scores["own_rate", "mae_purchases_90"].baseline is None
    assert scores["bg_nbd_gamma_gamma", "improvement_purchases_90"].estimate.value == pytest.approx(1.05, abs=0.02)
    assert {model for model, metric in scores if "tenth" in metric} == {"bg_nbd_gamma_gamma"}
    assert scores["bg_nbd_gamma_gamma", "actual_purchases_90_tenth_1"].estimate.value == 10.0
    assert scores["bg_nbd_gamma_gamma", "forecast_purchases_90_tenth_1"].estimate.value > 11.0
    assert {score.target for score in scores.values()} == {"purchases"}
