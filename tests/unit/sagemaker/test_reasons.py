"""Reasons by hand: a group is named by the feature that is farthest from typical, and a typical value is no reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from churn.features import BY_NAME, COLUMNS
from churn.model_file import ChurnModel
from churn.models import BOOSTING, Candidate
from churn.reasons import contributions, reasons
from churn.trees import Trees
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

FEATURES = ("log_recency", "log_sessions_90", "log_minutes_90")
# 8 sessions and 40 minutes in 90 days are typical, and a last purchase 20 days ago.
TYPICAL_COLUMNS = {"recency_days": 20.0, "sessions_90": 8.0, "session_minutes_90": 40.0}


class Linear:
    """A classifier whose logit is a sum of the inputs."""

    def predict_proba(self, inputs: pd.DataFrame) -> np.ndarray:
        logit = 0.5 * inputs["log_recency"] - 0.8 * inputs["log_sessions_90"] - 0.6 * inputs["log_minutes_90"]
        chance = 1 / (1 + np.exp(-logit.to_numpy()))
        return np.column_stack([1 - chance, chance])


@pytest.fixture
def model() -> ChurnModel:
    typical = TYPICAL_COLUMNS | {name: float(np.log1p(TYPICAL_COLUMNS[BY_NAME[name].shown])) for name in FEATURES}
    # 8 in 10 customers lie within 2 of the logarithm of each
    reference = {name: {"edges": [typical[name] - 1, typical[name] + 1]} for name in FEATURES}
    return ChurnModel(Candidate("linear", FEATURES, Linear()), 30, typical, reference)


def customer(**values: float) -> pd.DataFrame:
    return pd.DataFrame([{**dict.fromkeys(COLUMNS, 1.0), **TYPICAL_COLUMNS, **values}])


def test_a_group_is_named_by_its_feature_that_is_farthest_from_typical(model: ChurnModel) -> None:
    # GIVEN nearly as many sessions as others have, but very short ones
    (found,) = reasons(model, customer(sessions_90=9, session_minutes_90=5))

    assert found == ["5 minutes in sessions (typical: 40) raises the risk"]


def test_a_group_of_typical_values_is_no_reason(model: ChurnModel) -> None:
    # GIVEN a change that the model counts, of values near the typical ones: log(10 / 9) is a twentieth of the range
    (found,) = reasons(model, customer(sessions_90=9, session_minutes_90=36, recency_days=200))

    assert found == ["last purchase 200 days ago (typical: 20) raises the risk"]
    assert reasons(model, customer()) == [[]]


def test_a_value_that_reads_like_the_typical_one_is_no_reason(model: ChurnModel) -> None:
    model.reference["log_sessions_90"]["edges"][:] = [2.19, 2.2]
    (found,) = reasons(model, customer(sessions_90=8.4))

    assert found == []


def test_trees_that_do_not_look_at_a_group_are_left_out_and_nothing_changes() -> None:
    # GIVEN boosted trees on three features, of which some are unknown, and a recalibrated intercept
    random = np.random.default_rng(1)
    inputs = pd.DataFrame(random.normal(size=(400, 3)), columns=FEATURES)
    outcome = inputs["log_recency"] - inputs["log_sessions_90"] + random.normal(size=400) > 0
    inputs[random.random(inputs.shape) < 0.1] = np.nan
    trees = HistGradientBoostingClassifier(max_iter=20, max_depth=2, random_state=0).fit(inputs, outcome)
    candidate = Candidate(BOOSTING, FEATURES, make_pipeline(trees), shift=0.3)
    typical = dict.fromkeys(FEATURES, 0.25)
    of = random.random((400, 2)) < 0.7
    # WHEN
    found = contributions(candidate, inputs, typical, of=of)
    # THEN it is the difference of scikit-learn's own predictions
    usual = trees.decision_function(inputs)
    for place, names in enumerate((["log_recency"], ["log_sessions_90", "log_minutes_90"])):
        changed = usual - trees.decision_function(inputs.assign(**dict.fromkeys(names, 0.25)))
        assert found[:, place] == pytest.approx(np.where(of[:, place], changed, 0.0), abs=1e-9)
    # AND not every tree splits on noise
    assert len(Trees.of(trees).using([2])) < 20
