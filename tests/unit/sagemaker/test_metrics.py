"""Metrics against scikit-learn, and intervals that cover the truth."""

from __future__ import annotations

import numpy as np
import pytest
from model_lib.metrics import Ranking, deciles, evaluate, profit_curve
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

RANDOM = np.random.default_rng(5)
OUTCOME = RANDOM.integers(0, 2, 500).astype(float)
# Rounded, so that many rows share a score.
SCORE = np.round(np.clip(0.3 * OUTCOME + RANDOM.random(500) * 0.7, 0, 1), 1)


@pytest.mark.parametrize("weights", [np.ones(500), RANDOM.integers(0, 4, 500).astype(float)], ids=["all once", "resampled"])
def test_ranking_metrics_equal_those_of_scikit_learn(weights):
    ranking = Ranking(OUTCOME, SCORE)
    assert ranking.roc_auc(weights) == pytest.approx(roc_auc_score(OUTCOME, SCORE, sample_weight=weights), rel=1e-12)
    expected = average_precision_score(OUTCOME, SCORE, sample_weight=weights)
    assert ranking.average_precision(weights) == pytest.approx(expected, rel=1e-12)


def test_estimates_equal_scikit_learn_and_lie_in_their_intervals():
    noise = RANDOM.random(500)
    estimates = evaluate(OUTCOME, {"good": SCORE, "noise": noise}, reference="noise", resamples=200, seed=1)
    assert estimates["good"]["brier"].value == pytest.approx(brier_score_loss(OUTCOME, SCORE), rel=1e-12)
    assert all(one.low <= one.value <= one.high for own in estimates.values() for one in own.values())
    # a model that ranks well differs from noise beyond chance, and noise from itself not at all
    assert estimates["good"]["roc_auc_difference"].low > 0
    assert estimates["noise"]["roc_auc_difference"].high == 0
    assert estimates["noise"]["roc_auc"].low < 0.5 < estimates["noise"]["roc_auc"].high


def test_lift_gain_and_profit_by_hand():
    # GIVEN 20 customers of whom the two with the highest scores left, and two others
    outcome = np.array([1.0, 1.0, *[0.0] * 8, 1.0, 1.0, *[0.0] * 8])
    score = np.linspace(1, 0, 20)
    # THEN the first tenth has churn rate 1 against 0.2, and half of all churners
    assert deciles(outcome, score)[0] == {
        "decile": 1, "customers": 2, "mean_probability": 0.9737, "churn_rate": 1.0, "lift": 5.0, "gain": 0.5
    }  # fmt: skip
    # a contact costs 1 and a churner reached is worth 4: two contacts earn 8 - 2, all of them 16 - 20
    profit = {row["share_contacted"]: row["profit"] for row in profit_curve(outcome, score, contact_cost=1, value_kept=4)}
    assert (profit[0.1], profit[1.0]) == (6.0, -4.0)
